"""The `openai` package as its users write it: Chat Completions and Responses."""

import json

import openai
from pydantic import BaseModel
from report import order, report

client = openai.OpenAI(base_url=f"{order['url']}/v1", api_key=order["key"], max_retries=0)
model = order["model"]
parameters = {
    "type": "object",
    "properties": {"title": {"type": "string"}},
    "required": ["title"],
    "additionalProperties": False,
}
function = {"name": "look_up", "description": "Looks up a note.", "parameters": parameters}
question = "What does the note say?"


class Person(BaseModel):
    name: str
    age: int


def look_up(arguments: str) -> str:
    return f"The note {json.loads(arguments)['title']} says {order['secret']}."


def chat_stream() -> dict:
    with client.chat.completions.stream(model=model, messages=[{"role": "user", "content": "Say hello."}]) as run:
        pieces = [event.delta for event in run if event.type == "content.delta"]
        last = run.get_final_completion().choices[0]
    return {"pieces": len(pieces), "text": last.message.content, "finish_reason": last.finish_reason}


def chat_tools() -> dict:
    tools = [{"type": "function", "function": function}]
    messages: list = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": question}]
    first = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
    messages.append(first)
    for call in first.tool_calls or []:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": look_up(call.function.arguments)})
    last = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
    return {"text": last.content}


def chat_object() -> dict:
    messages: list = [{"role": "user", "content": "Who is it?"}]
    run = client.chat.completions.parse(model=model, messages=messages, response_format=Person)
    return run.choices[0].message.parsed.model_dump()


def responses_stream() -> dict:
    with client.responses.stream(model=model, input="Say hello.") as run:
        pieces = [event.delta for event in run if event.type == "response.output_text.delta"]
        last = run.get_final_response()
    return {"pieces": len(pieces), "text": last.output_text, "status": last.status}


def responses_tools() -> dict:
    tools = [{"type": "function", **function, "strict": True}]
    items: list = [{"role": "user", "content": question}]
    first = client.responses.create(model=model, input=items, tools=tools, store=False)
    items += first.output
    for call in first.output:
        if call.type == "function_call":
            output = look_up(call.arguments)
            items.append({"type": "function_call_output", "call_id": call.call_id, "output": output})
    return {"text": client.responses.create(model=model, input=items, tools=tools, store=False).output_text}


def responses_object() -> dict:
    return client.responses.parse(model=model, input="Who is it?", text_format=Person).output_parsed.model_dump()


report(
    chat_stream=chat_stream,
    chat_tools=chat_tools,
    chat_object=chat_object,
    responses_stream=responses_stream,
    responses_tools=responses_tools,
    responses_object=responses_object,
)
