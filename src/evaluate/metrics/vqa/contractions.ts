/** Contractions that the VQA evaluation completes. */
const complete =
  `'ow's'at 'twas ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd he'd've he's how'd how'll how's isn't it'd it'd've it'll ma'am might've mightn't
  mightn't've must've mustn't needn't not've o'clock oughtn't shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's someone'd someone'd've someone'll someone's something'd something'd've
  something'll that's there'd there'd've there're there's they'd they'd've they'll they're they've wasn't we'd've we've weren't what'll what're what's what've when's where'd where's where've who'd who'd've who'll who's
  who've why'll why're why's won't would've wouldn't wouldn't've y'all y'all'd've y'all'll you'd you'd've you'll you're you've`.split(/\s+/);

/** What is written without one of its apostrophes, by what is found. Those with capitals in the official list never come up, since answers are lower case by then. */
export const contractions: ReadonlyMap<string, string> = new Map([
  ...complete.flatMap((whole) => [...whole.matchAll(/'/g)].map(({ index }) => [whole.slice(0, index) + whole.slice(index + 1), whole] as const)),
  // A slip of the official list, which takes the apostrophe away.
  ["somebody'd", "somebodyd"],
]);
