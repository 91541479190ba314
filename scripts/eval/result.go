package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/queries"
)

// feeds are the kinds of recordings for which there are collectors, by the folder they lie in.
var feeds = []struct{ folder, platform string }{
	{"linux_auditd", "linux"},
	{"windows_evtx", "windows"},
	{"windows_json", "windows"},
	{"windows_text", "windows"},
}

// feed gives the platform whose detections run over a recording, "" where there is none.
func (r *recording) feed() string {
	for _, f := range feeds {
		if strings.HasPrefix(r.Path, f.folder+"/") {
			return f.platform
		}
	}
	return ""
}

// wholeHost tells a capture of everything that a machine did, which is background for the most part.
func (r *recording) wholeHost() bool { return strings.Contains(r.Note, "whole-host") }

// fromSigma tells the test data of Sigma's own rules, which the comparison leaves out.
func (r *recording) fromSigma() bool { return strings.Contains(strings.ToLower(r.Source), "sigma") }

// about tells whether a label is of a technique or of a sub-technique of it.
func about(label, technique string) bool {
	return label == technique || strings.HasPrefix(label, technique+".")
}

// finds tells whether an analytic of one technique finds what is labelled with another: its own, its parent's or, as the
// rival's figures are counted, that of a sub-technique.
func finds(analytic, labelled string) bool {
	return about(analytic, labelled) || about(labelled, analytic)
}

// pair is a recording of an attack with one of the techniques that it is labelled with.
type pair struct {
	recording *recording
	technique string
	found     []string // analytics of the technique, its parent or a sub-technique
	other     []string // analytics of other techniques that fired
}

// noise counts findings where none, or few, are wanted.
type noise struct {
	files, events int
	by            map[string]int // findings by severity
	worst         map[string]int // high ones by analytic
}

func (n *noise) add(r *recording, findings []finding) {
	n.files++
	n.events += r.Events
	for _, f := range findings {
		n.by[f.Severity]++
		if f.Severity == "high" || f.Severity == "critical" {
			n.worst[f.Detection]++
		}
	}
}

func newNoise() *noise { return &noise{by: make(map[string]int), worst: make(map[string]int)} }

// rate gives the findings of severities per 1,000 events.
func (n *noise) rate(severities ...string) float64 {
	count := 0
	for _, s := range severities {
		count += n.by[s]
	}
	return 1000 * float64(count) / float64(max(n.events, 1))
}

// result is everything the report tells.
type result struct {
	recordings []recording
	pairs      []pair
	missing    []string            // techniques without a recording
	noise      map[string][]*noise // benign, whole hosts; for analytics and for the pack of rules
}

const (
	analytics = "64 strategies"
	rules     = "T1106 pack"
)

func newResult(recordings []recording, detections []queries.Detection, found map[string][]finding) *result {
	r := &result{recordings: recordings, noise: map[string][]*noise{
		analytics: {newNoise(), newNoise()}, rules: {newNoise(), newNoise()},
	}}
	var techniques []string
	covered := make(map[[2]string]bool) // technique and platform
	for _, d := range detections {
		if d.Rule() || d.Own() {
			continue
		}
		if !slices.Contains(techniques, d.Technique) {
			techniques = append(techniques, d.Technique)
		}
		covered[[2]string{d.Technique, d.Platform}] = true
	}
	slices.Sort(techniques)
	for _, t := range techniques {
		some := false
		for i := range recordings {
			rec := &recordings[i]
			if rec.Malicious && covered[[2]string{t, rec.feed()}] &&
				slices.ContainsFunc(rec.Techniques, func(label string) bool { return about(label, t) }) {
				some = true
				r.pairs = append(r.pairs, newPair(rec, t, found[rec.Path]))
			}
		}
		if !some {
			r.missing = append(r.missing, t)
		}
	}
	for i := range recordings {
		rec := &recordings[i]
		place := -1
		if !rec.Malicious {
			place = 0
		} else if rec.wholeHost() {
			place = 1
		}
		if place < 0 {
			continue
		}
		ours, theirs := split(found[rec.Path])
		r.noise[analytics][place].add(rec, ours)
		r.noise[rules][place].add(rec, theirs)
	}
	return r
}

// split parts the findings of analytics from those of rules.
func split(all []finding) (ours, others []finding) {
	for _, f := range all {
		if strings.HasPrefix(f.Detection, "AN") {
			ours = append(ours, f)
		} else {
			others = append(others, f)
		}
	}
	return ours, others
}

func newPair(rec *recording, technique string, all []finding) pair {
	p := pair{recording: rec, technique: technique}
	ours, _ := split(all)
	for _, f := range ours {
		list := &p.other
		if finds(f.Technique, technique) {
			list = &p.found
		}
		if !slices.Contains(*list, f.Detection) {
			*list = append(*list, f.Detection)
		}
	}
	slices.Sort(p.found)
	slices.Sort(p.other)
	return p
}

//go:embed sigma.tsv
var sigmaFigures string

//go:embed misses.tsv
var misses string

// sigma gives, by technique, how many labelled recordings all public Sigma rules were run over and in how many one of the
// technique, its parent or a sub-technique fired.
func sigma() map[string][2]int {
	out := make(map[string][2]int)
	for line := range strings.Lines(sigmaFigures) {
		f := strings.Fields(line)
		pairs, _ := strconv.Atoi(f[1])
		found, _ := strconv.Atoi(f[2])
		out[f[0]] = [2]int{pairs, found}
	}
	return out
}

// knownMisses reads why a labelled recording is not found: technique, path and reason, parted by tabs.
func knownMisses() (map[[2]string]string, error) {
	out := make(map[[2]string]string)
	lines := bufio.NewScanner(strings.NewReader(misses))
	for n := 1; lines.Scan(); n++ {
		f := strings.Split(lines.Text(), "\t")
		if len(f) != 3 || f[2] == "" {
			return nil, fmt.Errorf("misses.tsv:%d: want technique, path and reason parted by tabs", n)
		}
		out[[2]string{f[0], f[1]}] = f[2]
	}
	return out, nil
}
