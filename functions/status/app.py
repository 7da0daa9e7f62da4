"""How the house is doing."""

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

app = APIGatewayRestResolver()


@app.get("/v1/status")
def status() -> dict[str, Any]:
    """Answer that the house is open."""
    return {"status": "ok"}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The function's entry."""
    return app.resolve(event, context)
