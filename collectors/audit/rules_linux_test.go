package audit

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/elastic/go-libaudit/v2/rule"
)

// go-libaudit builds the same bytes from what auditctl would be told.
func TestRulesAgreeWithLibaudit(t *testing.T) {
	machine := abis("amd64")
	for _, r := range Rules(DefaultWatchPaths()) {
		wires, err := r.compile(machine, 4242)
		if err != nil {
			t.Fatal(err)
		}
		for i, wire := range wires {
			theirs := rule.SyscallRule{Type: rule.AppendSyscallRuleType, List: "exit", Action: "always", Keys: []string{Key}}
			add := func(lhs, op, rhs string) {
				theirs.Filters = append(theirs.Filters, rule.FilterSpec{Type: rule.ValueFilterType, LHS: lhs, Comparator: op, RHS: rhs})
			}
			if len(r.Syscalls) > 0 {
				add("arch", "=", []string{"b64", "b32"}[i])
				for _, n := range r.numbers(machine[i]) {
					theirs.Syscalls = append(theirs.Syscalls, fmt.Sprint(n))
				}
			}
			for _, f := range r.Filters {
				text := f.String()
				at := bytes.IndexAny([]byte(text), "&=!>")
				end := at + 1
				for end < len(text) && (text[end] == '=') {
					end++
				}
				add(text[:at], text[at:end], text[end:])
			}
			add("pid", "!=", "4242")
			want, err := rule.Build(&theirs)
			if err != nil {
				t.Errorf("%s: %v", r.Name, err)
				continue
			}
			if !bytes.Equal(wire, want) {
				t.Errorf("%s: go-libaudit builds other bytes", r.Name)
			}
		}
	}
}
