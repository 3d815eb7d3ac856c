"""What schemathesis cannot know: the model's name, and what a picture is. Half of the pictures are real ones, so that requests get further.

Nothing is streamed: it takes what OpenAI's description calls the schema of an event for that of the event's frame. test/serve/mutated-requests.test.ts looks at streams."""

import os

import schemathesis

MODEL, PICTURE = os.environ["FLAMINGO_MODEL"], os.environ["FLAMINGO_PICTURE"]


def known(value, name=""):
    if isinstance(value, dict):
        return {key: known(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [known(each, name) for each in value]
    if name == "stream" and value is True:
        return False
    if not isinstance(value, str):
        return value
    if name == "model":
        return MODEL
    return PICTURE if name in ("url", "image", "images", "input") and len(value) % 2 == 0 else value


@schemathesis.hook
def map_body(context, body):
    return known(body)
