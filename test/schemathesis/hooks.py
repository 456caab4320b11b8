"""What schemathesis cannot know from the OpenAPI document."""

import json
import re

import schemathesis

# Reasons to refuse a request that no schema can say: the time of day, what the catalogue and the settings hold, one number or
# time above another, and how many of something there are in all.
REASONS = [
    r"purchases\[\d+\]\.time: expected a time of at most five minutes from now",
    r"[^:]*\.field: expected one of available, price, name, category",
    r"[^:]*: expected [^:]*, since attributes\.",
    r"[^:]*\.max: expected a number of at least \S+, since that is min",
    r"scenario: .* cannot be used; expected one of home, cart, buy-again, new",
    r"[^:]*rules\[\d+\]: expected (one of the rules|no rule)",
    r"mix: \d+ cannot be used; expected 0, since purchased is",
    r"scenarios\.new\.\w+: expected one of",
    r"rules\.[^:]*\.until: expected a time after from",
    r"scenarios\.[^:]*\.mix: expected a whole number from 0 to \d+, since that is n",
    r"days: expected a whole number from 1 to \d+",
    r"experiments\.[^:]*\.arms: expected shares of 100 together",
    r"experiments\.[^:]*\.control: expected one of the arms",
    r"experiments\.[^:]*\.(scenario|for\[\d+\]): expected one of the scenarios",
    r"experiments\.[^:]*\.for: expected scenarios or times other than",
    r"experiments\.[^:]*\.until: expected a time after from",
    r"experiments\.[^:]*\.model: expected (a model file of this shop|at most \d+ model files)",
    r"[^:]*: expected (conditions within at most|at most \d+ (conditions|values) in all|at most \d+ \w+ at a time)",
]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Leaves out good requests that are refused for one of these reasons."""
    if type(failure).__name__ != "RejectedPositiveData":
        return True
    message = json.loads(response.text)["error"]["message"]
    return not any(re.match(reason, message) for reason in REASONS)
