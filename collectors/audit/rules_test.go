package audit

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/names/linux"
	"github.com/apiwatch/apiwatch/collectors/syscalls"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

func ruleNamed(t *testing.T, name string) *Rule {
	t.Helper()
	for _, r := range Rules([]string{"/etc/timezone"}) {
		if r.Name == name {
			return &r
		}
	}
	t.Fatalf("there is no rule %q", name)
	return nil
}

func TestRulesAreSound(t *testing.T) {
	seen := map[string]bool{}
	high := false
	for _, r := range Rules(DefaultWatchPaths()) {
		if seen[r.Name] {
			t.Errorf("two rules are named %s", r.Name)
		}
		seen[r.Name] = true
		if r.Why == "" || !strings.HasSuffix(r.Why, ".") {
			t.Errorf("%s does not say why", r.Name)
		}
		if len(r.Syscalls) == 0 && !strings.HasPrefix(r.Name, "read:") && !strings.HasPrefix(r.Name, "write:") {
			t.Errorf("%s asks for every call", r.Name)
		}
		if r.Volume == High {
			high = true
		} else if high && len(r.Syscalls) > 0 {
			t.Errorf("%s is rare and comes behind a frequent one", r.Name)
		}
		for _, name := range r.Syscalls {
			if one := (&Rule{Syscalls: []string{name}}).numbers(abi{syscalls.X8664, true}); len(one) != 1 {
				t.Errorf("%s: %s has the numbers %v on x86_64", r.Name, name, one)
			}
		}
		for _, goarch := range []string{"amd64", "arm64"} {
			wires, err := r.compile(abis(goarch), 4242)
			if err != nil || len(wires) == 0 {
				if goarch == "arm64" && r.Name == "utime" && len(wires) == 1 {
					continue
				}
				t.Errorf("%s on %s: %d rules, %v", r.Name, goarch, len(wires), err)
			}
			for _, wire := range wires {
				got, err := decodeRule(wire)
				if want := (listed{list: listExit, action: actionAlways, key: Key, notPID: 4242}); err != nil || got != want {
					t.Errorf("%s on %s: %+v %v", r.Name, goarch, got, err)
				}
			}
		}
	}
}

func TestRuleNumbers(t *testing.T) {
	for name, want := range map[string]string{ // x86_64, i386, aarch64, arm
		"mmap_write_exec": "[9] [192] [222] [192]",
		"mprotect_exec":   "[10 329] [125 380] [226 288] [125 394]",
		"ptrace":          "[101] [26] [117] [26]",
		"set_id": "[105 106 113 114 117 119 122 123] [23 213 46 214 70 203 71 204 164 208 170 210 138 215 139 216] [146 144 145 143 " +
			"147 149 151 152] [23 213 46 214 70 203 71 204 164 208 170 210 138 215 139 216]",
		"utime":        "[132 235] [30 271] [] [269]",
		"utimensat":    "[280 261] [320 412 299] [88] [348 412 326]",
		"mount":        "[165 166 429] [21 22 52 429] [40 39 429] [21 52 429]",
		"connect_inet": "[42] [362] [203] [283]",
		"execve":       "[59 322] [11 358] [221 281] [11 387]",
	} {
		var got []string
		for _, goarch := range []string{"amd64", "arm64"} {
			for _, a := range abis(goarch) {
				got = append(got, fmt.Sprint(ruleNamed(t, name).numbers(a)))
			}
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s has the numbers\n%s, want\n%s", name, s, want)
		}
	}
}

// The requests that matter pass; those of every stop do not.
func TestPtraceRequests(t *testing.T) {
	r := ruleNamed(t, "ptrace")
	for _, request := range []uint64{
		linux.PtraceTraceme, linux.PtracePokeText, linux.PtracePokeData, linux.PtracePokeUser, linux.PtraceSetRegs,
		linux.PtraceSetFPRegs, linux.PtraceAttach, linux.PtraceSetRegSet, linux.PtraceSeize, 8, 19,
	} {
		if !r.matches(&invocation{args: [4]uint64{request}}) {
			t.Errorf("request %#x is left out", request)
		}
	}
	for _, request := range []uint64{1, 2, 3, 7, 9, 12, 14, 17, 24, 0x4200, 0x4202, 0x4204, 0x4207, 0x420e} {
		if r.matches(&invocation{args: [4]uint64{request}}) {
			t.Errorf("request %#x is asked for", request)
		}
	}
}

func TestAttribution(t *testing.T) {
	rules := Rules([]string{"/etc/timezone"})
	a := newAttribution(rules, abis("amd64"))
	for body, want := range map[string]string{
		"audit(1.000:1): arch=c000003e syscall=9 success=yes exit=140 a0=0 a1=1000 a2=7 a3=22 items=0 ppid=1": "mmap_write_exec",
		"audit(1.000:1): arch=c000003e syscall=9 success=yes exit=140 a0=0 a1=1000 a2=5 a3=22 items=0":        "mmap_anonymous_exec",
		"audit(1.000:1): arch=c000003e syscall=9 success=yes exit=140 a0=0 a1=1000 a2=5 a3=2 items=0":         "",
		"audit(1.000:1): arch=40000003 syscall=192 success=yes exit=140 a0=0 a1=1000 a2=6 a3=2 items=0":       "mmap_write_exec",
		"audit(1.000:1): arch=40000003 syscall=9 success=yes exit=0 a0=0 a1=0 a2=7 a3=22":                     "",
		"audit(1.000:1): arch=c000003e per=400000 syscall=101 success=no exit=-3 a0=10 a1=1 a2=0 a3=0":        "ptrace",
		"audit(1.000:1): arch=c000003e syscall=101 success=no exit=-3 a0=18 a1=1 a2=0 a3=0":                   "",
		"audit(1.000:1): arch=c000003e syscall=42 success=yes exit=0 a0=3 a1=7ffe a2=1c a3=0":                 "connect_inet6",
		"audit(1.000:1): arch=c000003e syscall=42 success=yes exit=0 a0=3 a1=7ffe a2=80 a3=0":                 "connect_long",
		"audit(1.000:1): arch=c000003e syscall=42 success=yes exit=0 a0=3 a1=7ffe a2=6e a3=0":                 "",
		"audit(1.000:1): arch=c000003e syscall=268 success=yes exit=0 a0=ffffff9c a1=7ffe a2=9ed a3=0":        "fchmodat_set_id",
		"audit(1.000:1): arch=zz syscall=9 a0=0 a1=0 a2=7 a3=22":                                              "",
		"audit(1.000:1): arch=c000003e syscall=9":                                                             "",
		"": "",
	} {
		got := ""
		if i := a.rule([]byte(body)); i >= 0 {
			got = rules[i].Name
		}
		if got != want {
			t.Errorf("%s\nis explained by %q, want %q", body, got, want)
		}
	}
	body := []byte("audit(1.000:1): arch=c000003e syscall=9 success=yes exit=140 a0=0 a1=1000 a2=7 a3=22 items=0 ppid=1")
	if n := testing.AllocsPerRun(100, func() { a.rule(body) }); n > 0 {
		t.Errorf("%v allocations for a record", n)
	}
}

func TestDecodeRuleOfOthers(t *testing.T) {
	// Texts stand one behind another, so that each before the key has to be passed over.
	wire, err := encodeRule([]int{1}, []Filter{
		{Field: FieldDir, Op: Is, Text: "/somewhere"}, {Field: 112, Op: Is, Value: 0}, {Field: FieldKey, Op: Is, Text: "theirs"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := decodeRule(wire); err != nil || got.key != "theirs" || got.notPID != 0 {
		t.Errorf("%+v %v", got, err)
	}
	binary.NativeEndian.PutUint32(wire[4*(3+maskWords+maxFields):], 1<<20) // the length of the first text
	if got, err := decodeRule(wire); err == nil {
		t.Errorf("a text beyond the end was read: %+v", got)
	}
	if _, err := encodeRule([]int{maskWords * 32}, nil); err == nil {
		t.Error("a number that has no bit was taken")
	}
	if _, err := encodeRule([]int{1}, make([]Filter, maxFields+1)); err == nil {
		t.Error("more conditions than the kernel takes were taken")
	}
}

func TestCommandLine(t *testing.T) {
	for name, want := range map[string]string{
		"mmap_write_exec":    "-a always,exit -S mmap -F a2&=6",
		"open_tree":          "-a always,exit -S open_tree -F a2&1",
		"proc_write":         "-a always,exit -S open,openat,openat2,creat -F dir=/proc -F perm=w",
		"utime":              "-a always,exit -S utime,utimes -F success=1 -F a1!=0",
		"connect_long":       "-a always,exit -S connect -F a2>110",
		"read:/etc/timezone": "-a always,exit -F path=/etc/timezone -F perm=r",
	} {
		if got := ruleNamed(t, name).commandLine(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func FuzzDecodeRule(f *testing.F) {
	for _, r := range Rules(DefaultWatchPaths()) {
		wires, err := r.compile(abis("amd64"), 1)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wires[0])
	}
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, wire []byte) {
		before := slices.Clone(wire)
		if r, err := decodeRule(wire); err != nil && r != (listed{}) {
			t.Errorf("%+v beside %v", r, err)
		}
		if !bytes.Equal(before, wire) {
			t.Error("the input was changed")
		}
	})
}

func FuzzScanInvocation(f *testing.F) {
	f.Add([]byte("audit(1.000:1): arch=c000003e syscall=9 success=yes exit=140 a0=0 a1=1000 a2=7 a3=22 items=0 ppid=1"))
	a := newAttribution(Rules(nil), abis("amd64"))
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		if i := a.rule(body); i >= len(a.rules) {
			t.Errorf("rule %d", i)
		}
	})
}

func BenchmarkAttribution(b *testing.B) {
	a := newAttribution(Rules(nil), abis("amd64"))
	body := []byte("audit(1700000000.000:123456): arch=c000003e syscall=10 success=yes exit=0 a0=7f0000000000 a1=1000 a2=5 a3=22 items=0 " +
		"ppid=1")
	b.ReportAllocs()
	for b.Loop() {
		a.rule(body)
	}
}
