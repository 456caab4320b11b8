"""What schemathesis cannot know from the OpenAPI document."""

import re

import schemathesis


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """No schema can say that a time must not be in the future, so that one may be refused."""
    is_refused_time = re.search(r'"message":"purchases\[\d+\]\.time: expected a time', response.text)
    return not (type(failure).__name__ == "RejectedPositiveData" and is_refused_time)
