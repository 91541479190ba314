# Copies two modules to dev: from the module cache of whoever records, or from the network.
set -e
mkdir -p "$DEV/go/src"
for m in small=github.com/google/go-cmp@v0.7.0 large=golang.org/x/text@v0.41.0; do
  name=${m%%=*}; module=${m#*=}
  dir=$(cd /tmp && GOFLAGS=-mod=mod go mod download -json "$module" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
  cp -r "$dir" "$DEV/go/src/$name"
done
# Whatever the larger one's tests and tools require is not fetched: only its own packages are kept.
printf 'module golang.org/x/text\n\ngo 1.24\n' > "$DEV/go/src/large/go.mod"
rm -rf "$DEV/go/src/large/go.sum" "$DEV/go/src/large/cmd" "$DEV/go/src/large/message/pipeline" "$DEV/go/src/large/collate/tools" "$DEV/go/src/large/internal/cldrtree"
chmod -R u+w "$DEV/go"
