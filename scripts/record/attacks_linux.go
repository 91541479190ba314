package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// attackFile says of which strategy an analytic is.
const attackFile = "queries/testdata/attack.json"

// recordAttacks records behaviours and their near misses, each variant a file.
func recordAttacks(ctx context.Context, o options, ids []string) (err error) {
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	simulate := filepath.Join(b.dir, "simulate")
	if err := build(ctx, simulate, "./scripts/simulate"); err != nil {
		return err
	}
	if len(ids) == 0 {
		if ids, err = simulated(ctx, simulate); err != nil {
			return err
		}
	}
	strategies, err := strategies()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if strategies[id] == "" {
			return fmt.Errorf("%s knows no analytic %q", attackFile, id)
		}
		for _, miss := range []bool{false, true} {
			if err := b.attack(ctx, simulate, id, filepath.Join(b.out, strategies[id]), miss); err != nil {
				return err
			}
		}
	}
	return nil
}

// simulated lists the behaviours that the simulator knows.
func simulated(ctx context.Context, simulate string) ([]string, error) {
	out, err := exec.CommandContext(ctx, simulate, "list", "--json").Output()
	if err != nil {
		return nil, fmt.Errorf("listing behaviours: %w", err)
	}
	acts, err := readActs(bytes.NewReader(out))
	var ids []string
	for _, a := range acts {
		ids = append(ids, a.ID)
	}
	return ids, err
}

func strategies() (map[string]string, error) {
	raw, err := os.ReadFile(attackFile)
	if err != nil {
		return nil, fmt.Errorf("reading what ATT&CK knows: %w: run this in the repository's root", err)
	}
	var known struct {
		Analytics map[string]struct {
			Strategy string `json:"strategy"`
		} `json:"analytics"`
	}
	if err := json.Unmarshal(raw, &known); err != nil {
		return nil, fmt.Errorf("reading %s: %w", attackFile, err)
	}
	out := make(map[string]string)
	for id, a := range known.Analytics {
		out[id] = a.Strategy
	}
	return out, nil
}

// attack records one behaviour or its near miss into dir.
func (b *bench) attack(ctx context.Context, simulate, id, dir string, miss bool) error {
	args := []string{id, "--json"}
	if miss {
		args = append(args, "--near-miss")
	}
	var out, said bytes.Buffer
	raw, driver, err := b.record(ctx, func() *exec.Cmd {
		out.Reset()
		said.Reset()
		d := exec.CommandContext(ctx, simulate, args...)
		d.Cancel = func() error { return d.Process.Signal(os.Interrupt) } // it clears up
		d.Dir = "/tmp"
		d.Env = []string{"PATH=" + neutralPath, "LANG=C.UTF-8", "HOME=/root"}
		d.Stdout, d.Stderr = &out, &said
		return d
	})
	if err != nil {
		return fmt.Errorf("simulating %s: %w\n%s%s", id, err, out.Bytes(), said.Bytes())
	}
	acts, err := readActs(&out)
	if err != nil {
		return err
	}
	var rounds []round
	f := newFilter(os.Getpid(), driver.Process.Pid)
	if err := b.filtered(raw, f, func(r *round) error {
		rounds = append(rounds, *r)
		return nil
	}); err != nil {
		return err
	}
	var names []string
	for i := range acts {
		a := &acts[i]
		if a.Status != "done" {
			fmt.Fprintf(b.say, "%s %s: %s: %s\n", id, a.Variant, a.Status, a.Reason)
			continue
		}
		if a.SeenBy != "" && a.SeenBy != b.feed {
			continue
		}
		name := filepath.Join(dir, a.fileName())
		if slices.Contains(names, name) {
			return fmt.Errorf("%s has two variants called %q", id, a.Variant)
		}
		names = append(names, name)
		if err := b.variant(ctx, name, a, cut(rounds, int64(driver.Process.Pid), a)); err != nil {
			return err
		}
	}
	return nil
}

// variant writes a recording and its truth.
func (b *bench) variant(ctx context.Context, name string, a *act, rounds []round) error {
	w, err := newWriter(name + "." + strings.TrimPrefix(b.feed, "e") + ".log.gz")
	if err != nil {
		return err
	}
	for i := range rounds {
		_ = w.round(&rounds[i]) // close tells
	}
	if err := w.close(); err != nil {
		return err
	}
	_, err = os.Stat(name + ".audit.log.gz")
	if b.feed != "audit" && err == nil {
		return b.report(ctx, w.path)
	}
	if err := os.WriteFile(name+".truth.json", append(bytes.TrimSpace(a.text), '\n'), 0o644); err != nil {
		return fmt.Errorf("writing what was done: %w", err)
	}
	return b.report(ctx, w.path)
}

// report says what a recording holds.
func (b *bench) report(ctx context.Context, path string) error {
	t, err := count(ctx, path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.say, "%s, %d bytes, %v\n", path, info.Size(), t)
	return nil
}

// filtered passes what the filter leaves of a recording to use.
func (b *bench) filtered(raw string, f *filter, use func(*round) error) error {
	if b.keep != "" {
		to := filepath.Join(b.keep, fmt.Sprintf("%d.log", f.driver))
		if err := exec.Command("cp", raw, to).Run(); err != nil {
			return fmt.Errorf("keeping the recording: %w", err)
		}
	}
	in, err := os.Open(raw)
	if err != nil {
		return fmt.Errorf("opening the recording: %w", err)
	}
	defer in.Close()
	return readRounds(in, func(r *round) error {
		if err := f.round(r); err != nil {
			return err
		}
		return use(r)
	})
}
