#!/bin/bash
# Ends what kubernetes_up.sh started; what it built stays.
set -euo pipefail
run=${XDG_CACHE_HOME:-$HOME/.cache}/ipagym/kubernetes/run

runs() {  # NAME: the process that was started under that name is still there
  local file=$run/$1.pid
  [ -f "$file" ] && grep -qsz -e ipagym/kubernetes -e process_kubelet "/proc/$(cat "$file")/cmdline"
}
for name in kubelet scheduler controllers apiserver etcd; do
  if runs "$name"; then kill "$(cat "$run/$name.pid")"; fi
done
for name in kubelet scheduler controllers apiserver etcd; do
  for _ in $(seq 100); do runs "$name" || break; sleep 0.1; done
  if runs "$name"; then kill -9 "$(cat "$run/$name.pid")"; fi
  rm -f "$run/$name.pid"
done
