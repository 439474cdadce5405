#!/bin/bash
# Starts a real Kubernetes control plane of one node on this machine, for tests of the backend `kubernetes`.
#
#   export KUBECONFIG=$(PYTHON=.venv/bin/python scripts/kubernetes_up.sh)
#
# etcd, API server, controller manager and scheduler (built by kubernetes_build.sh the first time: 10 minutes), and
# process_kubelet.py, which runs pods as local processes. All listen on 127.0.0.1 only, the API server at port
# ${IPAGYM_KUBERNETES_PORT:-16443}, etcd and the others at the next ones. What runs already is left as it is.
# PYTHON (default: python) needs the packages `ipagym[kubernetes]`; PYTHONPATH is passed on to pods. Everything is in
# ${XDG_CACHE_HOME:-~/.cache}/ipagym/kubernetes; kubernetes_down.sh ends it.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
run=${XDG_CACHE_HOME:-$HOME/.cache}/ipagym/kubernetes/run
port=${IPAGYM_KUBERNETES_PORT:-16443}
python=${PYTHON:-python}
umask 077

is_up() { [ -f "$run/kubeconfig" ] && [ "$(ask readyz 2>/dev/null)" = ok ]; }
ask() { curl -s --cacert "$run/tls.crt" -H "Authorization: Bearer $(cut -d, -f1 "$run/tokens.csv")" "https://127.0.0.1:$port/$1"; }
start() {  # NAME COMMAND...: in a session of its own
  setsid nohup "${@:2}" >"$run/$1.log" 2>&1 </dev/null &
  echo $! >"$run/$1.pid"
}
wait_for() {  # SECONDS COMMAND...
  local until=$((SECONDS + $1))
  until "${@:2}"; do
    [ $SECONDS -lt $until ] || { echo "kubernetes_up: $2 was not so within $1 s: see $run/*.log" >&2; exit 1; }
    sleep 0.2
  done
}
node_is_ready() { ask api/v1/nodes/process-0 | tr -d ' \n' | grep -q '"reason":"KubeletReady"'; }

if is_up; then echo "$run/kubeconfig"; exit 0; fi
bin=$("$here/kubernetes_build.sh")
"$here/kubernetes_down.sh"
rm -rf "$run"
mkdir -p "$run"
cd "$run"
openssl genrsa -out sa.key 2048 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=127.0.0.1 \
  -addext "subjectAltName=IP:127.0.0.1,DNS:localhost" -keyout tls.key -out tls.crt 2>/dev/null
token=$(openssl rand -hex 16)
echo "$token,admin,admin,\"system:masters\"" >tokens.csv
cat >kubeconfig <<END
apiVersion: v1
kind: Config
clusters: [{name: ipagym, cluster: {server: "https://127.0.0.1:$port", certificate-authority: $run/tls.crt}}]
users: [{name: admin, user: {token: $token}}]
contexts: [{name: ipagym, context: {cluster: ipagym, user: admin, namespace: default}}]
current-context: ipagym
END

etcd=http://127.0.0.1:$((port + 1)) peer=http://127.0.0.1:$((port + 2))
start etcd "$bin/etcd" --data-dir "$run/etcd" --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
  --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer"
start apiserver "$bin/kube-apiserver" --etcd-servers="$etcd" --bind-address=127.0.0.1 --advertise-address=127.0.0.1 \
  --secure-port="$port" --insecure-port=0 --tls-cert-file=tls.crt --tls-private-key-file=tls.key \
  --service-account-key-file=sa.key --service-account-signing-key-file=sa.key \
  --service-account-issuer=https://kubernetes.default.svc --service-cluster-ip-range=10.0.0.0/24 \
  --authorization-mode=Node,RBAC --token-auth-file=tokens.csv --disable-admission-plugins=ServiceAccount --profiling=false
wait_for 60 is_up
start controllers "$bin/kube-controller-manager" --kubeconfig=kubeconfig --bind-address=127.0.0.1 \
  --secure-port=$((port + 3)) --port=0 --leader-elect=false \
  --controllers=deployment,replicaset,nodelifecycle,namespace,garbagecollector
start scheduler "$bin/kube-scheduler" --kubeconfig=kubeconfig --bind-address=127.0.0.1 --secure-port=$((port + 4)) \
  --port=0 --leader-elect=false
cd "$here"
start kubelet "$(command -v "$python")" "$here/process_kubelet.py" "$run/kubeconfig" "$run/pods"
wait_for 30 node_is_ready
echo "$run/kubeconfig"
