package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// scenario is what a machine is started for.
type scenario struct {
	name, meaning string
	cmdline       string // of the kernel
	script        string // whose exit status is the result
}

var scenarios = []scenario{
	{
		"ebpf", "every watched call by eBPF, once, with its arguments", "",
		"bpf.test -test.v -test.run Live -test.timeout 8m",
	},
	{
		"audit", "every watched call by audit, 64 and 32 bits", "",
		"audit.test -test.v -test.run 'LiveRulesFire|LiveProtectionBits|LiveNarrowCalls|LiveOwnProcess' -test.timeout 8m",
	},
	{
		"audit=1", "the same where auditing is on from the boot", "audit=1",
		"audit.test -test.v -test.run 'LiveRulesFire|LiveNarrowCalls' -test.timeout 8m",
	},
	{
		"enabled=2", "audit is immutable: no rule can be added, and health says so", "audit=1",
		"APIWATCH_DISPOSABLE=1 audit.test -test.v -test.run LiveImmutable -test.timeout 8m",
	},
	{
		"failure=2", "a lost record would stop the machine: no rule is added, and health says so", "audit=1",
		"APIWATCH_DISPOSABLE=1 audit.test -test.v -test.run LivePanics -test.timeout 8m",
	},
	{
		"lockdown", "lockdown=confidentiality: which feed is chosen, and why",
		"lsm=lockdown,capability,landlock,yama,apparmor,bpf lockdown=confidentiality", feeds,
	},
	{
		"no BTF", "a kernel without type information: audit is chosen, and health says why", "",
		"mount -t tmpfs none /sys/kernel/btf && " + feeds,
	},
}

// feeds asks for the feeds' state and fails where none works.
const feeds = `apiwatch.ext query "SELECT 'health: ' || collector || ' ' || item || ' ' || state || ' ' || reason AS said FROM ` +
	`collector_health ` +
	`WHERE collector IN ('ebpf', 'audit') AND item IN ('socket', 'programs')" | tee /tmp/health; grep -q 'health: .* ok' /tmp/health`

// row is how a scenario ended on a kernel.
type row struct {
	kernel string
	s      *scenario
	result string
	notes  []string
}

var (
	testLine   = regexp.MustCompile(`^\s*--- (PASS|FAIL|SKIP): (\S+)`)
	healthLine = regexp.MustCompile(`health: (.*)`)
	hookLine   = regexp.MustCompile(`hooks: (.*)`)
)

// read finds a scenario's result in what its machine printed.
func read(kernel string, s *scenario, said string) row {
	r := row{kernel: kernel, s: s, result: "failed"}
	_, said, found := strings.Cut(said, begun)
	if !found {
		r.notes = append(r.notes, "it did not boot")
		return r
	}
	if strings.Contains(said, ended+" 0") {
		r.result = "ok"
	}
	passed, unshown := 0, []string(nil)
	for line := range strings.Lines(said) {
		if m := testLine.FindStringSubmatch(line); m != nil {
			switch m[1] {
			case "PASS":
				passed++
			case "FAIL":
				r.notes = append(r.notes, m[2]+" failed")
			case "SKIP":
				unshown = append(unshown, m[2])
			}
		}
		for _, of := range []*regexp.Regexp{healthLine, hookLine} {
			if m := of.FindStringSubmatch(line); m != nil {
				r.notes = append(r.notes, strings.Join(strings.Fields(strings.TrimRight(m[1], "| \n")), " "))
			}
		}
	}
	if passed > 0 {
		r.notes = append(r.notes, fmt.Sprintf("%d tests passed", passed))
	} else if strings.Contains(s.script, ".test ") {
		r.result = "failed"
		r.notes = append(r.notes, "no test ran")
	}
	if len(unshown) > 0 {
		r.notes = append(r.notes, "did not run: "+strings.Join(unshown, ", "))
	}
	return r
}

// matrix writes the report.
func matrix(rows []row) []byte {
	var b bytes.Buffer
	b.WriteString("# What works on which kernel\n\nWritten by `make kernels`: Debian's kernels under qemu in software, with a file system " +
		"of busybox and our own binaries.\n\n" +
		"| kernel | scenario | result | what was seen |\n|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s: %s | %s | %s |\n", r.kernel, r.s.name, r.s.meaning, r.result, strings.ReplaceAll(strings.Join(r.notes, "; "),
			"|", "\\|"))
	}
	return b.Bytes()
}
