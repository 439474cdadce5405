#!/bin/bash
# Builds the server programs of Kubernetes 1.20.2 from the source package of Debian 12 with Debian's Go, and unpacks etcd.
#
#   scripts/kubernetes_build.sh        prints the folder with kube-apiserver, kube-controller-manager, kube-scheduler, etcd
#
# Nothing is installed, no root is needed: packages come through the sources that apt has here (their deb-src lines too)
# and are unpacked in ${XDG_CACHE_HOME:-~/.cache}/ipagym/kubernetes. It takes about 10 minutes of one core and 3 GB the
# first time, and nothing afterwards. It needs apt-get, dpkg-source, make, gcc.
set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/ipagym/kubernetes
programs="kube-apiserver kube-controller-manager kube-scheduler"
bin=$cache/bin root=$cache/root work=$cache/build
mkdir -p "$cache"
exec 9>"$cache/build.lock"
flock 9

is_built() { for name in etcd $programs; do [ -x "$bin/$name" ] || return 1; done; }
if is_built; then echo "$bin"; exit 0; fi
exec 3>&1 1>&2  # only the folder goes to the output

apt() {  # with lists of its own, which have source packages as well
  apt-get -q -o Dir::Etc::SourceList="$work/apt/sources.list" -o Dir::Etc::SourceParts="$work/apt/sources.list.d" \
    -o Dir::State::Lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" -o APT::Sandbox::User="$(id -un)" "$@"
}

rm -rf "$work"
mkdir -p "$work"/apt/{lists,cache,sources.list.d} "$work/packages" "$bin" "$root"
touch "$work/apt/sources.list"
if [ -f /etc/apt/sources.list ]; then sed -n 's/^deb\(-src\)\? /deb /p' /etc/apt/sources.list >"$work/apt/sources.list"; fi
sed 's/^deb /deb-src /' "$work/apt/sources.list" | tee -a "$work/apt/sources.list" >/dev/null
for list in /etc/apt/sources.list.d/*.sources; do
  [ -f "$list" ] && sed 's/^Types:.*/Types: deb deb-src/' "$list" >"$work/apt/sources.list.d/$(basename "$list")"
done
apt update

cd "$work/packages"
apt download golang-1.19-go golang-1.19-src golang-github-modern-go-reflect2-dev etcd-server rsync libpopt0 libxxhash0
for package in *.deb; do dpkg-deb -x "$package" "$root"; done
apt source --download-only kubernetes
src=$work/gopath/src/k8s.io/kubernetes
mkdir -p "$(dirname "$src")"
dpkg-source -x kubernetes_*.dsc "$src"
# reflect2 1.0.1, which comes with it, overruns the iterator of a map since Go 1.18: servers crash on JSON after a while.
rm "$src"/vendor/github.com/modern-go/reflect2/*.{go,s}
cp "$root"/usr/share/gocode/src/github.com/modern-go/reflect2/*.{go,s} "$src/vendor/github.com/modern-go/reflect2/"

export GOROOT=$root/usr/lib/go-1.19 GOPATH=$work/gopath GOCACHE=$work/gocache HOME=$work/home
export GO111MODULE=off CGO_ENABLED=0 GOFLAGS=-p=2 GOMAXPROCS=2
export PATH=$GOROOT/bin:$root/usr/bin:$PATH LD_LIBRARY_PATH=$root/usr/lib/$(gcc -print-multiarch)
export KUBE_GIT_COMMIT=debian KUBE_GIT_TREE_STATE=archive
export KUBE_GIT_VERSION=v1.20.2 KUBE_GIT_MAJOR=1 KUBE_GIT_MINOR=20
export GOTMPDIR=$work/tmp
mkdir -p "$HOME" "$GOTMPDIR"
cd "$src"
make generated_files
for name in $programs; do make WHAT="cmd/$name"; done
for name in $programs; do cp -L "_output/bin/$name" "$bin/"; done
cp "$root/usr/bin/etcd" "$bin/"
chmod -R u+w "$work"
rm -rf "$work" "$root"
is_built
echo "$bin" >&3
