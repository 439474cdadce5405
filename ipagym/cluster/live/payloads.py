"""What requests carry from stage to stage."""

from ipagym.cluster.live.program import Program
from ipagym.cluster.sim.request import Request
from ipagym.model.pipeline import Pipeline


class Payloads:
    """The answers of stages to the requests in the system. A stage gets those of the stages that it needs, in order."""

    def __init__(self, pipeline: Pipeline, program: Program) -> None:
        self._needs = pipeline.predecessors
        self._finals = [stage for stage, following in enumerate(pipeline.successors) if not following]
        self._program = program
        self._answers: dict[tuple[int, int], bytes] = {}

    def of(self, request: Request, stage: int) -> bytes:
        """The input of a stage for a request."""
        if not self._needs[stage]:
            return self._program.input(request.index)
        return b"".join(self._answers[request.index, needed] for needed in self._needs[stage])

    def keep(self, request: Request, stage: int, answer: bytes) -> None:
        """The stage has answered."""
        self._answers[request.index, stage] = answer

    def judge(self, request: Request) -> None:
        """Give an answered request the accuracy that it was answered with, where that can be told."""
        if self._program.score is not None:
            answer = b"".join(self._answers[request.index, stage] for stage in self._finals)
            request.accuracy = self._program.score(request.index, answer)

    def forget(self, request: Request) -> None:
        """The request has left the system."""
        for stage in range(len(self._needs)):
            self._answers.pop((request.index, stage), None)
