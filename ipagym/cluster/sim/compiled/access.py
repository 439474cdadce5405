"""The arrays behind a record: `lanes_of(s)` is the array whose address and sizes stand in the record `s`."""

from collections.abc import Callable
from typing import Any

from numba import from_dtype, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from ipagym.cluster.sim.compiled.layout import ARRAYS, TABLES


def _accessor(name: str) -> Callable[[Any], Any]:
    dtype, sizes = (ARRAYS | TABLES)[name]
    ndim = len(sizes)
    array_type = types.Array(from_dtype(dtype), ndim, "C")

    def typed(_: Any, record: types.Record) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            word = context.get_value_type(types.int64)

            def load(part: str) -> Any:
                offset = record.offset(f"{name}_{part}")
                return builder.load(cgutils.get_record_member(builder, args[0], offset, word))

            shape = [load(str(axis)) for axis in range(ndim)]
            data_type = context.get_data_type(array_type.dtype)
            strides = [word(dtype.itemsize)]
            for length in reversed(shape[1:]):
                strides.insert(0, builder.mul(strides[0], length))
            array = make_array(array_type)(context, builder)
            populate_array(
                array,
                data=builder.inttoptr(load("at"), data_type.as_pointer()),
                shape=shape,
                strides=strides,
                itemsize=word(dtype.itemsize),
                meminfo=None,
            )
            return array._getvalue()

        return array_type(record), generate

    accessor: Callable[[Any], Any] = intrinsic(typed)
    return accessor


stages_of = _accessor("stages")
lanes_of = _accessor("lanes")
meters_of = _accessor("meters")
replicas_of = _accessor("replicas")
batches_of = _accessor("batches")
nodes_of = _accessor("nodes")
events_of = _accessor("events")
supplies_of = _accessor("supplies")
gaps_of = _accessor("gaps")
normals_of = _accessor("normals")
starts_of = _accessor("starts")
stragglers_of = _accessor("stragglers")
crashes_of = _accessor("crashes")
node_times_of = _accessor("node_times")
rates_of = _accessor("rates")
latency_s_of = _accessor("latency_s")
ranked_s_of = _accessor("ranked_s")
per_second_of = _accessor("per_second")
requests_of = _accessor("requests")
places_of = _accessor("places")
rings_of = _accessor("rings")
by_deadline_of = _accessor("by_deadline")
figures_of = _accessor("figures")
stage_figures_of = _accessor("stage_figures")
log_of = _accessor("log")
log_stages_of = _accessor("log_stages")
models_of = _accessor("models")
average_s_of = _accessor("average_s")
sigma_of = _accessor("sigma")
needs_of = _accessor("needs")
next_from_of = _accessor("next_from")
next_of = _accessor("next")
