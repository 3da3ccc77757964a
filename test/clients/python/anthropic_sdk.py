"""The `anthropic` package as its users write it."""

import anthropic
from anthropic import beta_tool
from pydantic import BaseModel
from report import order, report

client = anthropic.Anthropic(base_url=order["url"], api_key=order["key"], max_retries=0)


def ask(text: str) -> dict:
    return {"model": order["model"], "max_tokens": 1024, "messages": [{"role": "user", "content": text}]}


class Person(BaseModel):
    name: str
    age: int


@beta_tool
def look_up(title: str) -> str:
    """Looks up a note.

    Args:
        title: Its title.
    """
    return f"The note {title} says {order['secret']}."


def stream() -> dict:
    with client.messages.stream(**ask("Say hello.")) as run:
        pieces = list(run.text_stream)
        last = run.get_final_message()
    return {"pieces": len(pieces), "text": "".join(pieces), "stop_reason": last.stop_reason}


def tools() -> dict:
    last = client.beta.messages.tool_runner(**ask("What does the note say?"), tools=[look_up]).until_done()
    return {"text": "".join(block.text for block in last.content if block.type == "text")}


def parse() -> dict:
    return client.messages.parse(**ask("Who is it?"), output_format=Person).parsed_output.model_dump()


report(stream=stream, tools=tools, object=parse)
