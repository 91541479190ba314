package engine

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/queries"
)

// need says what an audit rule brings to a table, and to which of the analytics that read it.
type need struct {
	rule, table string
	// words are what an analytic's SQL names if it looks at what the rule brings; none if every analytic of the table does.
	words []string
}

// needs joins audit's rules with the analytics, so that a rule that is off is told where it is missed. In
// api_calls an analytic names the calls themselves, see calls.
var needs = []need{
	{"ptrace", "ptrace_events", nil},
	{"ptrace", "process_accesses", nil},
	{"process_vm", "process_accesses", nil},
	{"proc_write", "process_accesses", nil},
	{"proc_write", "file_accesses", []string{"'mem'"}},
	{"memfd", "memory_protections", nil},
	{"mmap_write_exec", "memory_protections", nil},
	{"mmap_anonymous_exec", "memory_protections", nil},
	{"mprotect_exec", "memory_protections", nil},
	{"set_id", "token_changes", nil},
	{"capset", "token_changes", nil},
	{"chmod_set_id", "file_changes", []string{"'mode'"}},
	{"fchmodat_set_id", "file_changes", []string{"'mode'"}},
	{"utime", "file_changes", []string{"'times'"}},
	{"utimensat", "file_changes", []string{"'times'"}},
	{"connect_inet", "network_flows", nil},
	{"connect_inet6", "network_flows", nil},
	{"connect_long", "network_flows", nil},
	{"execve", "process_starts", nil},
}

// calls says by which words an analytic that reads api_calls asks for what a rule brings.
var calls = map[string][]string{
	"namespace":           {"'unshare'", "'setns'", "'pivot_root'", "'chroot'"},
	"mount":               {"'mount'", "'umount2'", "'move_mount'"},
	"open_tree":           {"'open_tree'"},
	"keyctl":              {"'keyctl'"},
	"kernel_module":       {"'init_module'", "'finit_module'", "'delete_module'"},
	"bpf":                 {"'bpf'"},
	"mmap_write_exec":     {"'mmap'", "category = 'memory'"},
	"mmap_anonymous_exec": {"'mmap'", "category = 'memory'"},
	"mprotect_exec":       {"'mprotect'", "'pkey_mprotect'", "category = 'memory'"},
	"memfd":               {"'memfd_create'"},
	"ptrace":              {"'ptrace'"},
	"process_vm":          {"'process_vm_readv'", "'process_vm_writev'"},
}

// watched is how the rules begin that watch a file for being read; the file follows.
const watched = "read:"

// missed says into which of an analytic's tables a rule brings what the analytic looks at.
func missed(d *queries.Detection, rule string) []string {
	var out []string
	for _, n := range needs {
		if n.rule == rule && asks(d, n.table, n.words) {
			out = append(out, n.table)
		}
	}
	if words := calls[rule]; words != nil && asks(d, "api_calls", words) {
		out = append(out, "api_calls")
	}
	if file, ok := strings.CutPrefix(rule, watched); ok && asks(d, "file_accesses", []string{"'" + file[strings.LastIndexByte(file, '/')+1:] + "'"}) {
		out = append(out, "file_accesses")
	}
	return out
}

// asks tells whether a way of an analytic reads a table and names one of some words, if there are any.
func asks(d *queries.Detection, table string, words []string) bool {
	return slices.ContainsFunc(d.Ways, func(w queries.Way) bool {
		return slices.Contains(w.Tables, table) &&
			(len(words) == 0 || slices.ContainsFunc(words, func(word string) bool { return strings.Contains(w.Body, word) }))
	})
}

// statuses tells how every analytic fares: what the evaluator knows, and what audit's rules or the event logs cannot bring it.
func (e *Engine) statuses() []queries.Status {
	all := e.evaluator.Status(e.fed)
	health := e.pump.Health()
	for i := range all {
		s := &all[i]
		if s.State != queries.Active && s.State != queries.Degraded {
			continue
		}
		look := gaps
		if s.Detection.Platform == "windows" {
			look = logGaps
		}
		if state, why := look(s.Detection, health); state != queries.Active {
			if s.Reason != "" {
				why = s.Reason + "; " + why
			}
			s.State, s.Reason = state, why
		}
	}
	return all
}

// gaps gives an analytic's state for want of rules: not fed if no rule brings its first table anything, without which it does
// not run, and degraded if what is off brings a part of what it looks at.
func gaps(d *queries.Detection, health []collectors.Health) (queries.State, string) {
	connector := slices.ContainsFunc(health, func(h collectors.Health) bool {
		return h.Collector == "process_connector" && h.Item == "socket" && works(h)
	})
	ours := ruleHealth(health)
	if len(ours) > 0 && d.Rule() && !slices.ContainsFunc(ours, func(h collectors.Health) bool {
		return slices.Contains(missed(d, strings.TrimPrefix(h.Item, ruleItem)), d.Tables[0])
	}) {
		return queries.NotFed, "no audit rule of ours brings what it looks at in " + d.Tables[0] + "; only what rules of others bring is seen"
	}
	anchors, anchored := 0, 0
	var reasons []string
	rules := make(map[string][]string) // that are off, by the reason
	substituted := false
	for _, h := range ours {
		rule := strings.TrimPrefix(h.Item, ruleItem)
		in := missed(d, rule)
		if len(in) == 0 || !works(h) && immaterial(h.Reason) {
			continue
		}
		instead := rule == "execve" && connector
		if slices.Contains(in, d.Tables[0]) {
			anchors++
			if works(h) || instead {
				anchored++
			}
		}
		if works(h) {
			continue
		}
		if rules[h.Reason] == nil {
			reasons = append(reasons, h.Reason)
		}
		rules[h.Reason] = append(rules[h.Reason], rule)
		substituted = substituted || instead
	}
	if len(reasons) == 0 {
		return queries.Active, ""
	}
	var why []string
	for _, reason := range reasons {
		why = append(why, "without audit rule "+strings.Join(rules[reason], ", ")+": "+reason)
	}
	if substituted {
		why = append(why, "programs come from the process connector instead, which may miss those that end within milliseconds")
	}
	if anchors > 0 && anchored == 0 {
		return queries.NotFed, strings.Join(append(why, "only what rules of others bring is seen"), "; ")
	}
	return queries.Degraded, strings.Join(why, "; ")
}

// ruleItem is how the names of audit's rules begin in its health.
const ruleItem = "rule:"

// ruleHealth gives the state of audit's rules. Where audit cannot add any it does not list them: then all are as its socket.
func ruleHealth(health []collectors.Health) []collectors.Health {
	var rules []collectors.Health
	var socket *collectors.Health
	for i := range health {
		switch h := &health[i]; {
		case h.Collector != "audit":
		case strings.HasPrefix(h.Item, ruleItem):
			rules = append(rules, *h)
		case h.Item == "socket":
			socket = h
		}
	}
	if len(rules) > 0 || socket == nil || socket.State == "ok" {
		return rules
	}
	for _, r := range audit.Rules(audit.DefaultWatchPaths()) {
		rules = append(rules, collectors.Health{Collector: "audit", Item: ruleItem + r.Name, State: "off", Reason: socket.Reason})
	}
	return rules
}

func works(h collectors.Health) bool { return h.State == "ok" || h.State == "degraded" }

// immaterial says whether a rule is off because there is nothing that it could see.
func immaterial(reason string) bool {
	return reason == "its folder does not exist" || reason == "this machine has none of its system calls"
}
