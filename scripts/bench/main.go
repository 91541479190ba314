// Command bench measures apiwatch on this machine, each figure beside its rival's in the same run: ours and theirs take
// turns, and the median of the turns counts, so that whatever else the machine does hits both.
//
// The live measures start the built binary as osqueryd would and need root, the kernel's audit system with its seat free,
// and, for the comparison, auditd. A measure that cannot run here is named as not run.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// config is what the flags say.
type config struct {
	root    string // of the repository
	binary  string
	dir     string // for sockets and logs, removed at the end
	rounds  int
	seconds int
	wait    time.Duration
	keep    bool
	alone   bool // no live rival
	log     io.Writer
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == loadCommand {
		if err := load(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench load:", err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) == 3 && os.Args[1] == decodeCommand {
		if err := decodeLog(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	c := config{log: os.Stderr}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("run", "", "only the groups whose name this regular expression matches")
	flags.IntVar(&c.rounds, "rounds", 3, "turns of ours and theirs")
	flags.IntVar(&c.seconds, "seconds", 10, "how long one turn of a live load takes")
	flags.DurationVar(&c.wait, "wait", 0, "how long to wait for the audit seat to become free")
	flags.BoolVar(&c.keep, "keep", false, "keep the logs of what was started")
	flags.BoolVar(&c.alone, "alone", false, "leave auditd out")
	flags.StringVar(&c.binary, "binary", "bin/apiwatch.ext", "the binary to measure")
	if err := flags.Parse(args); err != nil {
		return err
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("reading -run: %w", err)
	}
	if c.root, err = repository(); err != nil {
		return err
	}
	if !filepath.IsAbs(c.binary) {
		c.binary = filepath.Join(c.root, c.binary)
	}
	if c.dir, err = os.MkdirTemp("", "apiwatch-bench-"); err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer func() {
		if c.keep {
			fmt.Fprintln(c.log, "kept", c.dir)
			return
		}
		err = errors.Join(err, os.RemoveAll(c.dir))
	}()

	results := make([]Measure, 0, 16)
	for _, g := range groups {
		if !pattern.MatchString(g.name) {
			continue
		}
		fmt.Fprintf(c.log, "bench: %s …\n", g.name)
		results = append(results, g.measure(ctx, &c)...)
		if ctx.Err() != nil {
			break
		}
	}
	if err := write(os.Stdout, results); err != nil {
		return err
	}
	if file := os.Getenv("BENCH_JSON"); file != "" {
		byName := make(map[string]Measure, len(results))
		for _, m := range results {
			byName[m.Name] = m
		}
		raw, err := json.MarshalIndent(byName, "", "  ")
		if err != nil {
			return fmt.Errorf("encoding the measures: %w", err)
		}
		if err := os.WriteFile(file, append(raw, '\n'), 0o600); err != nil {
			return fmt.Errorf("writing the measures: %w", err)
		}
	}
	return ctx.Err()
}

// repository finds the folder that holds go.mod, from the working directory up.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the repository: %w", err)
	}
	for {
		if raw, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil &&
			strings.Contains(string(raw), "module github.com/apiwatch/apiwatch") {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("finding the repository: run this from within it")
		}
		dir = filepath.Dir(dir)
	}
}
