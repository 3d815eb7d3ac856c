"""Captions as the COCO evaluation's tokenizer splits them, and CIDEr-D of captions as text.

    python tools/reference/caption_tokens.py > test/fixtures/evaluate/caption-tokens.json
    python tools/reference/caption_tokens.py --fuzz 100000 --seed 7 > fuzz.json

Needs pycocoevalcap==1.2, whose PTBTokenizer runs stanford-corenlp-3.4.1.jar, and Java. All captions of a call of it are lines of one file, so their order counts; those that hold line ends of
other kinds than a line feed, and those that are to be the last line, are given one by one.

With --fuzz: that many made-up captions, to be compared by `tools/compare-caption-tokens.ts`.
"""
import argparse
import json
import random
import sys

from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

nouns = "man woman dog cat street ball table bus train people kite plate pizza phone skateboard umbrella giraffe colour neighbour centre o'clock café naïve piñata Straße 日本語 Ελλάδα Москва".split()
words = "a the an two red white young old large playing sitting riding holding on with of in and near is are it he she they this that there I we do does did would not no yes".split()
clitics = "n't 's 'S 'm 'd 'll 've 're 'LL N'T ’s ’t n’t ’ll &apos;s n`t `s ´s".split()
abbreviations = """jan feb mar apr jun jul aug sep sept oct nov dec mon tue thurs fri ala ariz calif conn fla ga ill ind kan md mich mo okla penn va wis az la pa ark del ore tex mass miss wash adm alex asst atty
    ave bldg blvd bros capt cf co corp dept dr ed.d elec ens esq est etc ext ft gen gov hon inc intl jos jr lt ltd maj messrs mfg mlle mr mrs ms msgr mt mtg natl no nos op pfc ph.d plc pp prof pte ptys rd rep rev
    rt sen sgt sq sr st ste supt sys tel treas univ vs vt wm a.m p.m u.s u.s.a e.g i.e b.a m.sc l.a cont'd fig art ca prop""".split()
joined = """can't cannot gonna gotta lemme gimme wanna dunno 'tis 'twas ’tis d'ye more'n whaddya y'all ma'am c'mon O'Brien D'Souza L'Oreal l'eau j'ai d'oh Xi'an Hallowe'en rock'n'roll 'em 'til 'till 'cause
    'bout '90s '11 '99s s'mores nor'easter ev'ry li'l nat'l cap'n c'est e'er ol' dunkin' somethin' goin' 'n ain't won't couldn't've that'll qu'il N'Djamena fo'c'sle pro- anti- 'N' ’n’""".split()
marks = """. , ; : ? ! ... .. .... ...... … -- - --- ----- – — ( ) [ ] { } " ' '' `` ` “ ” ‘ ’ « » „ / \\ * ** \\* | & @ # ## % + = < > << >> ~ ^ _ __ !? !!""".split() + [". . .", ". .", " . . . . "]
faces = ":) :-) :( ;) :D :P :-D :'( >:( <3 ^_^ -_- (^_^) >_< o_O :] :[ :{ :| =) (x_x) :o) ;-] :@ XD 8) :O :/ :\\ (^.^) (^^) (>-<) :3 🙂 👍🏽".split()
addresses = """http://www.foo.com/a?b=1&c=2 https://x.org/~me/ www.example.com example.com foo.co.uk bar.edu/x.html a@b.com john.smith@mail.example.org @user_name @1 #tag #1 #tag_2 #日本 foo.txt img_001.jpg 12.jpg
    a.tar.gz report.pdf. ftp://x.y mailto:a@b.c http:// (http://a.b/c) www.a.com. <a@b.com> &lt;a@b.com&gt; .com HTTP://A.B""".split()
tags = ["<b>", "</b>", "<br/>", "<br />", '<p class="x y">', "<a href='z'>", "<img src=x>", "<!-- hi -->", "<!DOCTYPE html>", "< b>", "<1>", "<unk>", "</s/>", "<b"]
entities = "&amp; &lt; &gt; &quot; &apos; &nbsp; &mdash; &ndash; &MD; &eacute; caf&eacute; &#39; &copy; &hellip; &AMP; AT&amp;T &ql; &odq; &; &aacute;b".split()
amounts = "$20 $1.50 $ US$20 HK$ C$5 £5 €5 5€ ¥100 5¢ 50% % $1,000.00 $5-a-day 20$ ₤3 $.50 -$5".split()
numbers = """1 20 1,000 3.14 .5 5. -5 +5 1/2 1-1/2 ½ 1½ ¼ ⅓ ⅛ 1\\/2 10:30 10:30am 1st 2nd 1990s 1990's 1980-85 2-3 4x4 3D 10-12% 1.2.3 12/25/2012 2012-12-25 555-1234 555-123-4567 (555)123-4567 555.123.4567
    1-800-555-1234 (5) #5 no.5 1e5 ٣٤ １２ 5'10" 20°C x² 2³ 1⁄2 24/7 F-16 1080p""".split() + ["1 1/2", "(555) 123-4567", "555 123 4567", "No. 5", "+1 555 123 4567", "$ 20"]
compounds = """t-shirt mother-in-law x-ray F-16 1-on-1 U.S.-based non-U.S. St.-Denis Inc.-owned D-Calif. pre-'90s O'Brien-Smith d'Arc-en-ciel 5-year-old -a a- a--b foo_bar A-B.C. x,-y 1.-2 é-a and/or w/o A/C he/she/it a-b/c-d
    n/a TCP/IP a\\/b a/b.c AT&T R&D Q&A M&Ms a&b A+B C++ C# A&B&C U.S. U.S.A. D.C. J. R. Ph.D. Ph.D.s i.e., a.k.a. W.Va. B.Sc. hello.world hi!there a‐b non-U.S U.S.-U.K Canada-U.S. pro-""".split()
unusual = "\u00ad\u2010\u0085\u2026\u0096\u2015\u0091\u0092\u0093\u0094\u201a\u201b\u201e\u201f\u2039\u203a\u00a0\u2009\u3000\u200b\ufeff\u00be\u2154\u2044\u066b\u00a3\u00a4\u0080\u00b3\u2083\u0000\u001f\u007f\u3001\u0301\u0130\u017f\u212a\u200d"
separators = ["", " ", " ", " ", " ", " ", "-", ".", ". ", ",", ", ", "  ", "'", "--", "/", '"']


def piece(chance: random.Random) -> str:
    kinds = [
        (30, lambda: chance.choice(words + nouns)),
        (8, lambda: chance.choice(words + nouns) + chance.choice(clitics)),
        (9, lambda: chance.choice(abbreviations) + chance.choice([".", ".", ".", "", ".,", "..", ".)", ".'s", ".-"])),
        (7, lambda: chance.choice(joined)),
        (10, lambda: chance.choice(marks)),
        (4, lambda: chance.choice(faces)),
        (4, lambda: chance.choice(addresses)),
        (2, lambda: chance.choice(tags)),
        (3, lambda: chance.choice(entities)),
        (4, lambda: chance.choice(amounts)),
        (8, lambda: chance.choice(numbers)),
        (8, lambda: chance.choice(compounds)),
        (2, lambda: characters(chance)),
        (2, lambda: "".join(chance.choice("abcABC123.,'-/&$%@#:;()_ ") for _ in range(chance.randint(1, 6)))),
    ]
    return chance.choices([make for _, make in kinds], [weight for weight, _ in kinds])[0]()


def caption(chance: random.Random) -> str:
    text = ""
    for _ in range(chance.randint(1, 8)):
        part = piece(chance)
        change = chance.random()
        if change < 0.06:
            part = part.upper()
        elif change < 0.16:
            part = part.capitalize()
        elif change < 0.2 and part:
            at = chance.randrange(len(part))
            part = part[:at] + chance.choice([".", ",", "'", "-", "/", "A", "1", "’", "\u00ad", ""]) + part[at + chance.randint(0, 1) :]
        text += part + chance.choice(separators)
    return text.strip() if chance.random() < 0.7 else text


def characters(chance: random.Random) -> str:
    """Of ASCII and of the whole basic plane, without line ends and surrogates."""
    ways = [lambda: chance.choice("abAB12.,'-&/;:@_$ n't"), lambda: chr(chance.randint(32, 126)), lambda: chr(chance.randint(0xC0, 0x24F)), lambda: chance.choice(unusual), lambda: chr(chance.randint(0, 0xFFFF))]
    drawn = [chance.choice(ways)() for _ in range(chance.randint(1, 14))]
    return "".join(c for c in drawn if c not in "\n\r\v\f\u2028\u2029" and not "\ud800" <= c <= "\udfff")


def tokens(captions: list[str]) -> list[str]:
    split = PTBTokenizer().tokenize({i: [{"caption": text}] for i, text in enumerate(captions)})
    return [" ".join(split[i][0].split()) for i in range(len(captions))]


def by_hand() -> list[str]:
    lists = [clitics, abbreviations, joined, marks, faces, addresses, tags, entities, amounts, numbers, compounds, list(unusual)]
    pieces = [item for items in lists for item in items]
    single = pieces + [item.capitalize() + "." for item in abbreviations + joined]
    return ["", " ", ". , ! ?", *single, *(" ".join(pieces[i : i + 7]) for i in range(0, len(pieces), 7)), *(f"plan B. {word} dog" for word in "The A An Mr. Ms. Mr But but Thee <b> <b>x".split())]


alone = ["a\rb", "a dog\r\n runs", "a\vb c", "a\fb c", "a\u2028b c", "a b\u2029c", "\ra", "a <!x\u2028y> b", "a@b\vc", "a\nb", "nice dog :)", "they've", "in '11", "see 12.jpg", "vitamin b.", "etc.x", "x y'"]


def with_scores(chance: random.Random, count: int) -> dict:
    """Pictures with references and one candidate that resembles them, and pycocoevalcap's scores of the texts."""
    pictures = []
    for _ in range(count):
        references = [caption(chance) for _ in range(chance.randint(1, 5))]
        parts = chance.choice(references).split(" ")
        candidate = chance.choice([caption(chance), " ".join(parts), " ".join(parts[: len(parts) // 2 + 1]), " ".join(parts + ["the dog"])])
        pictures.append({"candidate": candidate, "references": references})
    references = PTBTokenizer().tokenize({i: [{"caption": text} for text in picture["references"]] for i, picture in enumerate(pictures)})
    candidates = PTBTokenizer().tokenize({i: [{"caption": picture["candidate"]}] for i, picture in enumerate(pictures)})
    mean, scores = Cider().compute_score(references, candidates)
    return {"pictures": pictures, "scores": [float(score) for score in scores], "mean": float(mean)}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--fuzz", type=int)
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    chance = random.Random(options.seed)
    if options.fuzz:
        captions = [caption(chance) if i % 5 else characters(chance) for i in range(options.fuzz)]
        json.dump({"captions": captions, "tokens": tokens(captions)}, sys.stdout)
        return
    captions = by_hand() + [caption(chance) for _ in range(3000)] + [characters(chance) for _ in range(1200)]
    json.dump(
        {
            "captions": captions,
            "tokens": tokens(captions),
            "alone": [{"caption": text, "tokens": tokens([text])[0]} for text in alone],
            "cider": with_scores(chance, 150),
        },
        sys.stdout,
        ensure_ascii=False,
        separators=(",", ":"),
    )


main()
