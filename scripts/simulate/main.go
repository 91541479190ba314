// Command simulate performs attack behaviours for real and harmlessly, so that a running apiwatch has something to find.
// Everything it touches is its own: processes it starts, files in directories it makes; it clears all of that away
// again, also when it is interrupted. Each behaviour has a near miss, which does almost the same and is no attack.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

const usage = `usage: simulate list | all | ANnnnn… | flood KIND… [--near-miss] [--hold] [--json]

list         the behaviours, one a line
flood KIND…  as much as the machine allows of what is no attack, until interrupted: exec, fork, ptrace, poke, mprotect, connect, open
all          every behaviour, one after the other
ANnnnn…      the behaviours of these analytics
--near-miss  what almost does the same and must not be found
--hold       leave files and victims in place until a line comes on standard input, or its end
--json       one JSON object a line: what was done and by which processes`

// timeLimit bounds one behaviour. Each takes less than a second and a half on an idle machine.
const timeLimit = 20 * time.Second

// staying is how long the files and victims of a behaviour stay where nobody says when they may go: longer than a collector on an idle
// machine takes to look at them.
const staying = 150 * time.Millisecond

func main() {
	if code, played := playRole(os.Args); played {
		os.Exit(code)
	}
	// A closed pipe must not end us before we have cleared up, so SIGPIPE is an interruption too.
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	os.Exit(run(ctx, behaviours, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the command without the process around it; it returns the exit status: 0 done, 1 failed or nothing could be
// run, 2 bad usage.
func run(ctx context.Context, known []Behaviour, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var words []string
	nearMiss, hold, asJSON := false, false, false
	for _, a := range args {
		switch {
		case a == "--near-miss":
			nearMiss = true
		case a == "--hold":
			hold = true
		case a == "--json":
			asJSON = true
		case a == "-h" || a == "--help":
			fmt.Fprintln(stdout, usage)
			return 0
		case strings.HasPrefix(a, "-"):
			fmt.Fprintf(stderr, "simulate: unknown flag %q\n%s\n", a, usage)
			return 2
		default:
			words = append(words, a)
		}
	}
	if len(words) == 0 {
		fmt.Fprintln(stderr, usage)
		return 2
	}
	if words[0] == "flood" && len(words) > 1 {
		if err := flood(ctx, words[1:]); err != nil {
			fmt.Fprintln(stderr, "simulate:", err)
			return 1
		}
		return 0
	}
	if words[0] == "list" || words[0] == "all" {
		if len(words) > 1 {
			fmt.Fprintf(stderr, "simulate: %q stands alone\n%s\n", words[0], usage)
			return 2
		}
		if len(known) == 0 {
			fmt.Fprintln(stderr, "simulate: no behaviour is simulated on this platform yet: run it on Linux")
			if words[0] == "all" {
				return 1
			}
			return 0
		}
	}
	if words[0] == "list" {
		list(known, asJSON, stdout)
		return 0
	}
	chosen := known
	if words[0] != "all" {
		chosen = nil
		for _, w := range words {
			i := slices.IndexFunc(known, func(b Behaviour) bool { return strings.EqualFold(b.ID, w) })
			if i < 0 {
				fmt.Fprintf(stderr, "simulate: no behaviour %q: see simulate list\n", w)
				return 2
			}
			chosen = append(chosen, known[i])
		}
	}

	done, failed := 0, 0
	lines := bufio.NewScanner(stdin)
	show := func(a Act) {
		if a.Status != Holding {
			write(stdout, a, asJSON)
			return
		}
		told := time.After(staying)
		if hold {
			write(stdout, a, asJSON)
			line := make(chan time.Time)
			go func() { lines.Scan(); close(line) }()
			told = line
		}
		select {
		case <-told:
		case <-ctx.Done():
		}
	}
	for _, b := range chosen {
		for _, a := range perform(ctx, b, nearMiss, show) {
			switch a.Status {
			case Done:
				done++
			case Failed:
				failed++
			case NotRun, Holding:
			}
		}
		if ctx.Err() != nil {
			fmt.Fprintln(stderr, "simulate: interrupted; everything started was ended and removed")
			return 1
		}
	}
	if failed > 0 || done == 0 {
		return 1
	}
	return 0
}

// perform plays one behaviour or its near miss, passes each act to show as it is finished, and returns them all.
func perform(ctx context.Context, b Behaviour, nearMiss bool, show func(Act)) []Act {
	var acts []Act
	began := time.Now()
	report := func(a Act) {
		a.ID, a.NearMiss, a.SeenBy = b.ID, nearMiss, b.SeenBy[a.Variant]
		if a.Status == Holding {
			show(a)
			return
		}
		a.StartedNS, a.EndedNS = began.UnixNano(), time.Now().UnixNano()
		began = time.Now()
		acts = append(acts, a)
		show(a)
	}
	play := b.Simulate
	if nearMiss {
		play = b.NearMiss
	}
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	if err := play(ctx, report); err != nil {
		status := Failed
		if missing := notRunError(""); errors.As(err, &missing) {
			status = NotRun
		}
		reason := err.Error()
		if ctx.Err() != nil {
			reason = "interrupted: " + context.Cause(ctx).Error()
		}
		report(Act{Status: status, Reason: reason})
	}
	return acts
}

func list(known []Behaviour, asJSON bool, w io.Writer) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, b := range known {
		if asJSON {
			_ = enc.Encode(struct { // a closed standard output is the reader's wish
				ID      string `json:"id"`
				Title   string `json:"title"`
				Explain string `json:"explain"`
			}{b.ID, b.Title, b.Explain})
			continue
		}
		fmt.Fprintf(w, "%s  %s\n        %s\n", b.ID, b.Title, strings.ReplaceAll(b.Explain, "\n", "\n        "))
	}
}

func write(w io.Writer, a Act, asJSON bool) {
	if !asJSON {
		fmt.Fprintln(w, a)
		return
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(a)
}
