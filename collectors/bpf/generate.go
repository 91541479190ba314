package bpf

//go:generate -command make-programs go run github.com/cilium/ebpf/cmd/bpf2go -tags linux -target amd64,arm64 -cc clang -strip llvm-strip
//go:generate make-programs -cflags "-O2 -Wall -Werror -mcpu=v2" -type call -type exec -type fork -type exit program program/program.bpf.c
