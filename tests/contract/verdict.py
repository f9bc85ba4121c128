"""What counts as right: every test that stock S3A runs ran, none failed, and none was skipped that S3A doesn't skip."""
from __future__ import annotations

from typing import List

from arms import FAILED, PASSED, SKIPPED, Found


def wrong(suite: str, found: Found, control: Found) -> List[str]:
    """What is wrong with one suite of an arm, a sentence for each; the control is held to it too."""
    ours, theirs = found.outcomes.get(suite, {}), control.outcomes.get(suite, {})
    skipped = set(found.those(suite, SKIPPED)) - set(control.those(suite, SKIPPED))
    return [
        *([] if found.those(suite, PASSED) else [f"{suite}: no test passed; see {found.log}"]),
        *(f"{suite}.{name} failed; see {found.log}" for name in found.those(suite, FAILED)),
        *(f"{suite}.{name} was skipped, but stock S3A runs it; see {found.log}" for name in sorted(skipped)),
        *(f"{suite}.{name} did not run, but does on stock S3A" for name in sorted(set(theirs) - set(ours))),
    ]


# Hadoop's own bulk delete, for a file system that has none of its own: one path at a time. Three tests want more.
ONE_AT_A_TIME = {"BulkDelete.testChildPaths", "BulkDelete.testDeletePathsDirectory", "BulkDelete.testDeleteSamePathsMoreThanOnce"}


def worse(suite: str, found: Found, control: Found) -> List[str]:
    """The same for Forebay alone, but for tests that the control fails as well: what the server does is no fault of
    either. Of what is skipped, only what needs a bulk delete of more than one path may be."""
    both = [f"{suite}.{name} failed" for name in set(found.those(suite, FAILED)) & set(control.those(suite, FAILED))]
    skipped = [f"{name} was skipped, but stock S3A runs it" for name in ONE_AT_A_TIME]
    return [line for line in wrong(suite, found, control) if line.partition(";")[0] not in (*both, *skipped)]


def numbers(suite: str, found: Found) -> str:
    """run/failed/skipped, as the table shows them; run counts all three."""
    if suite not in found.outcomes:
        return "-"
    return f"{len(found.outcomes[suite])}/{len(found.those(suite, FAILED))}/{len(found.those(suite, SKIPPED))}"
