"""What every answer must be, whatever was asked."""
import json
import re

LATE_S = 2.0
# Operations that may take longer, and why.
MAY_BE_LATE = {
    r"GET .*/events": "a stream: it stays open",
    r"POST /api/v1/workers/\{id\}/claim": "a long poll: it waits as long as it was asked to",
    r"POST /api/v1/auth/(login|register|password|erase)": "it hashes a password, at idle priority",
    r"PUT /api/v1/auth/password/reset": "it hashes a password, at idle priority",
    r"POST /api/v1/(assets|upload/batch)|POST .*/complete": "each picture is looked at by the engine, which has --probe-timeout for it",
}
PROBLEM = {"type": str, "title": str, "status": int, "detail": str, "request_id": str, "errors": list}
EXCUSED = {501, 503, 504, 507}  # with a reason


def may_be_late(operation):
    return any(re.fullmatch(pattern, operation) for pattern in MAY_BE_LATE)


def parsed(body):
    """JSON as RFC 8259 has it: UTF-8, no NaN, no half characters. Errors: ValueError."""
    def refuse(word):
        raise ValueError(f"{word} is no JSON")

    value = json.loads(body.decode("utf-8"), parse_constant=refuse)
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def problem_faults(answer):
    """What is wrong with the body of an error."""
    if answer.header(b"content-type") != b"application/problem+json":
        return [f"{answer.status} is no application/problem+json but {answer.header(b'content-type')!r}"]
    try:
        problem = parsed(answer.body)
    except ValueError as error:
        return [f"the problem body is no valid JSON in UTF-8: {type(error).__name__}"]
    if not isinstance(problem, dict):
        return ["the problem is no object"]
    faults = [f"the problem's {name} is {problem.get(name)!r}"[:200] for name, kind in PROBLEM.items() if type(problem.get(name)) is not kind]
    if not faults and problem["status"] != answer.status:
        faults.append(f"the problem says {problem['status']}, the status line {answer.status}")
    faults += [f"the problem has an empty {name}" for name in ("title", "detail", "request_id") if not faults and not problem[name].strip()]
    for each in problem.get("errors") or ():
        if not isinstance(each, dict) or set(each) != {"field", "message"} or not all(isinstance(word, str) for word in each.values()):
            return [*faults, f"an error is no pair of field and message: {each!r}"[:200]]
    return faults


def faults(answer, is_head=False, may_go_on=False):
    """Every rule that the answer breaks. `may_go_on`: several requests may have been sent at once."""
    found = []
    if answer.status >= 500 and answer.status not in EXCUSED:
        found.append(f"{answer.status}: {answer.body[:200].decode(errors='replace')}")
    if answer.left_over and not may_go_on:
        found.append(f"bytes behind the answer: {answer.left_over[:100]!r}")
    if re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", answer.head.replace(b"\r\n", b"")):
        found.append("a control character in the header")
    if answer.is_stream or is_head:
        return found
    if answer.status >= 400:
        found += problem_faults(answer)
    elif answer.status < 300 and b"json" in answer.header(b"content-type"):
        try:
            parsed(answer.body)
        except ValueError as error:
            found.append(f"the answer is no valid JSON in UTF-8: {error}"[:200])
    return found
