"""The arrays behind a record: `stations_of(sim)` is the array whose address and sizes stand in the record `sim`.

A kernel takes two records instead of thirty arrays, and each cluster of a population has arrays of its own length,
which Python may replace by longer ones between two calls. numba has nothing of the kind, hence the code generation.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import from_dtype, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from ipagym.cluster.sim.compiled.layout import ARRAYS, POINTER_WORDS, TABLES


def _accessor(arrays: dict[str, tuple[np.dtype[Any], str]], name: str) -> Callable[[Any], Any]:
    dtype, sizes = arrays[name]
    ndim, first = len(sizes), list(arrays).index(name) * POINTER_WORDS
    array_type = types.Array(from_dtype(dtype), ndim, "C")

    def typed(_: Any, record: types.Record) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            word = context.get_value_type(types.int64)

            def load(number: int) -> Any:
                offset = record.offset("pointers") + (first + number) * word.width // 8
                return builder.load(cgutils.get_record_member(builder, args[0], offset, word))

            shape = [load(1 + axis) for axis in range(ndim)]
            data_type = context.get_data_type(array_type.dtype)
            strides = [word(dtype.itemsize)]
            for length in reversed(shape[1:]):
                strides.insert(0, builder.mul(strides[0], length))
            array = make_array(array_type)(context, builder)
            populate_array(
                array,
                data=builder.inttoptr(load(0), data_type.as_pointer()),
                shape=shape,
                strides=strides,
                itemsize=word(dtype.itemsize),
                meminfo=None,
            )
            return array._getvalue()

        return array_type(record), generate

    accessor: Any = intrinsic(typed)
    return accessor


stages_of = _accessor(ARRAYS, "stages")
stations_of = _accessor(ARRAYS, "stations")
meters_of = _accessor(ARRAYS, "meters")
replicas_of = _accessor(ARRAYS, "replicas")
batches_of = _accessor(ARRAYS, "batches")
nodes_of = _accessor(ARRAYS, "nodes")
events_of = _accessor(ARRAYS, "events")
starts_of = _accessor(ARRAYS, "starts")
buffers_of = _accessor(ARRAYS, "buffers")
gaps_of = _accessor(ARRAYS, "gaps")
spreads_of = _accessor(ARRAYS, "spreads")
rates_of = _accessor(ARRAYS, "rates")
journeys_of = _accessor(ARRAYS, "journeys")
latency_s_of = _accessor(ARRAYS, "latency_s")
ranked_s_of = _accessor(ARRAYS, "ranked_s")
per_second_of = _accessor(ARRAYS, "per_second")
requests_of = _accessor(ARRAYS, "requests")
places_of = _accessor(ARRAYS, "places")
rings_of = _accessor(ARRAYS, "rings")
by_deadline_of = _accessor(ARRAYS, "by_deadline")
window_records_of = _accessor(ARRAYS, "window_records")
stage_records_of = _accessor(ARRAYS, "stage_records")
log_of = _accessor(ARRAYS, "log")
log_stages_of = _accessor(ARRAYS, "log_stages")
models_of = _accessor(TABLES, "models")
average_s_of = _accessor(TABLES, "average_s")
sigma_of = _accessor(TABLES, "sigma")
needs_of = _accessor(TABLES, "needs")
next_from_of = _accessor(TABLES, "next_from")
next_of = _accessor(TABLES, "next")
combinations_of = _accessor(TABLES, "combinations")
