"""A model in onnxruntime, on as many threads as its replica has cores."""

from typing import Any

import onnxruntime
from numpy.typing import NDArray


class OnnxModel:
    """Runs a model of one input, for its first output; `is_threaded` makes cores threads, otherwise one thread works.

    Sessions for other numbers of threads are made when they are first needed.
    """

    def __init__(self, path: str, *, is_threaded: bool) -> None:
        self._path = path
        self._is_threaded = is_threaded
        self._sessions: dict[int, onnxruntime.InferenceSession] = {}

    def __call__(self, batch: NDArray[Any], cores: int) -> NDArray[Any]:
        """The output for a batch."""
        threads = cores if self._is_threaded else 1
        if threads not in self._sessions:
            self._sessions[threads] = self._session(threads)
        session = self._sessions[threads]
        output: NDArray[Any] = session.run(None, {session.get_inputs()[0].name: batch})[0]
        return output

    def _session(self, threads: int) -> "onnxruntime.InferenceSession":
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        # Threads that wait must not take the processor from other replicas.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return onnxruntime.InferenceSession(self._path, options, providers=["CPUExecutionProvider"])
