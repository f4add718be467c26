"""What the OpenAPI document and docs/api.md show is what the api answers."""

from __future__ import annotations

from services.api.serving.openapi_document import examples, of_every, operations, success_of
from tests.service.api_examples import PAGE, Document, api_page, examples_and_document, page_head


async def test_examples_and_the_page_are_up_to_date(nats_url: str) -> None:
    found, document = await examples_and_document(nats_url)

    assert found == examples(), "run: python -m tests.service.api_examples"
    assert api_page(page_head(), found, document) == PAGE.read_text(encoding="utf-8")
    assert_complete(document)


def assert_complete(document: Document) -> None:
    """Every answer has an example and says that it can be unchanged or one too many."""
    for method, path, operation in operations(document):
        contents = success_of(operation)["content"].values()
        assert method == "post" or all("example" in content for content in contents), path
        assert set(of_every(method)) <= set(operation["responses"]), path
        for status, response in operation["responses"].items():
            problem = status >= "400" and not (path == "/health" and status == "503")
            assert not problem or set(response["content"]) == {"application/problem+json"}, path
