// Command record makes the recordings under testdata: of attack behaviours and their near misses, as scripts/simulate
// performs them, and of ordinary work, at which every detection must keep quiet. It needs root on a Linux machine whose
// kernel audit nobody else owns; a scratch machine is best, since all that happens there meanwhile is recorded and then
// filtered out again.
//
//	make record ARGS='attacks'            every analytic, each variant a file
//	make record ARGS='attacks AN0579'     one
//	make record ARGS='-feed ebpf attacks AN0579'   likewise by eBPF
//	make record ARGS='benign'             all ordinary work
//	make record ARGS='benign go shell'    some, by the names of the scripts in work
//
// # What is written
//
// testdata/DETnnnn/{fire,quiet}-ANnnnn-<variant>.{audit,bpf}.log.gz holds one variant of a behaviour or near miss, and
// ….truth.json beside it what the simulator says that it did: which processes, to whom (of eBPF's where audit has none).
// testdata/benign/<work>.audit.log.gz
// holds what the script of that name did. All are recordings as apiwatch.ext run --record writes them (see the package
// collectors), so that they replay with the processes' ancestry and whatever else was asked of the system.
//
// No two recordings are the same, so a test must not rely on a pid or a time in one. Record again when the format changes,
// when the simulator does a thing differently, or when a rule asks the kernel for more.
//
// # What is left out
//
// A recording holds the whole machine. Kept is what descends from the process that does the work, told by the forks:
// audit records by the process of their SYSCALL record, facts by the process that they are about. Of the processes at the
// start, init and a shell in this command's place remain; the boot id is made up. At last a file is searched for this
// machine's host name and for paths of this checkout, as text and as hexadecimal, and not written if there is any.
//
// # What it does to the machine
//
// The work is done by a user "dev" that is made for the time, in /home/dev, and where it needs to be by root: packages are
// installed from the distribution and removed again, services listen on the loopback. Scripts lie in /usr/local/bin while
// they run. Everything is removed at the end, also after an interruption; the collector restores audit's settings.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage: record [-apiwatch FILE] [-feed audit|ebpf] [-out DIR] [-keep DIR]
              attacks [ANnnnn…] | benign [NAME…] | count FILE…

attacks  behaviours and near misses, as scripts/simulate performs them
benign   ordinary work
count    how many events recordings hold, by kind`

// options are the flags.
type options struct {
	apiwatch string // a built apiwatch.ext; "" builds it
	out      string // testdata
	feed     string // audit or ebpf
	keep     string // where unfiltered recordings are kept, "" for nowhere
	say      io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o := options{say: stdout}
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprintln(stderr, usage) }
	flags.StringVar(&o.apiwatch, "apiwatch", "", "")
	flags.StringVar(&o.feed, "feed", "audit", "")
	flags.StringVar(&o.out, "out", "testdata", "")
	flags.StringVar(&o.keep, "keep", "", "")
	if flags.Parse(args) != nil {
		return 2
	}
	var err error
	switch rest := flags.Args(); flags.Arg(0) {
	case "attacks":
		err = recordAttacks(ctx, o, rest[1:])
	case "benign":
		err = recordBenign(ctx, o, rest[1:])
	case "count":
		err = countAll(ctx, stdout, rest[1:])
	default:
		fmt.Fprintln(stderr, usage)
		return 2
	}
	if err != nil {
		fmt.Fprintln(stderr, "record:", err)
		return 1
	}
	return 0
}

func countAll(ctx context.Context, w io.Writer, paths []string) error {
	total := uint64(0)
	for _, p := range paths {
		t, err := count(ctx, p)
		if err != nil {
			return err
		}
		total += t.events
		fmt.Fprintf(w, "%s: %v\n", p, t)
	}
	fmt.Fprintf(w, "%d events in %d recordings\n", total, len(paths))
	return nil
}
