"""Asks a server with OpenAI's Python client, or with LiteLLM, and prints what came as JSON: python python_clients.py openai|litellm ADDRESS TASK.json"""

import json
import sys

client, address, task_file = sys.argv[1:]
with open(task_file) as file:
    task = json.load(file)
messages = task["messages"]
draw = [{"type": "function", "function": {"name": "draw", "parameters": {"type": "object", "properties": {}}}}]

if client == "openai":
    import openai

    api = openai.OpenAI(base_url=address, api_key="secret", max_retries=0)

    def complete(**asked):
        return api.chat.completions.create(model="nano", **asked)

    def embed(pictures):
        return [each.embedding for each in api.embeddings.create(model="nano", input=pictures).data]

else:
    import litellm

    litellm.suppress_debug_info = True

    def complete(**asked):
        return litellm.completion(model="openai/nano", api_base=address, api_key="secret", num_retries=0, max_retries=0, **asked)

    def embed(pictures):
        found = litellm.embedding(model="openai/nano", api_base=address, api_key="secret", input=pictures)
        return [each["embedding"] for each in found.data]


def refused(**asked):
    try:
        complete(**asked)
        return None
    except Exception as error:  # What each client makes of it is what is looked at.
        return {"kind": type(error).__name__, "status": getattr(error, "status_code", None), "message": str(error)}


answer = complete(messages=messages)
chunks = list(complete(messages=messages, stream=True, stream_options={"include_usage": True}))
seen = 0
long = complete(messages=[{"role": "user", "content": "a"}], temperature=2, seed=1, max_tokens=200, stream=True)
for _ in long:
    seen += 1
    if seen == 3:
        break
(long if client == "openai" else long.completion_stream).close()
drawn = dict(messages=messages, temperature=1.5, seed=3, top_p=0.9, stop=["\n"], n=2, max_tokens=4, user="somebody")
vectors = embed(task["pictures"])
print(
    json.dumps(
        {
            "text": answer.choices[0].message.content,
            "finish": answer.choices[0].finish_reason,
            "usage": [answer.usage.prompt_tokens, answer.usage.completion_tokens],
            "streamed": "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices),
            "streamedUsage": [chunk.usage.completion_tokens for chunk in chunks if getattr(chunk, "usage", None)],
            "drawn": [[choice.message.content for choice in complete(**drawn).choices] for _ in range(2)],
            "vectors": [len(vectors), len(vectors[0])],
            "tools": refused(messages=messages, tools=draw),
            "json": refused(messages=messages, response_format={"type": "json_object"}),
            "broken": refused(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}]),
        }
    )
)
