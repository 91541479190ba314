package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/queries"
)

// Every rule brings some table what it has, and every analytic's first table gets its rows from some rule.
func TestNeedsKnowEveryRuleAndAnalytic(t *testing.T) {
	rules := audit.Rules(audit.DefaultWatchPaths())
	known := make(map[string]bool)
	for _, r := range rules {
		known[r.Name] = true
		_, called := calls[r.Name]
		if !called && !strings.HasPrefix(r.Name, watched) && !slices.ContainsFunc(needs, func(n need) bool { return n.rule == r.Name }) {
			t.Errorf("no table is said to need the rule %s", r.Name)
		}
	}
	for _, n := range needs {
		if !known[n.rule] {
			t.Errorf("%s needs %s, which is no rule", n.table, n.rule)
		}
	}
	for rule := range calls {
		if !known[rule] {
			t.Errorf("%s is no rule", rule)
		}
	}
	for _, d := range detectionsOf(t, "linux") {
		unfed := slices.Contains(strings.Fields(othersOnly), d.ID)
		if slices.ContainsFunc(rules, func(r audit.Rule) bool { return slices.Contains(missed(&d, r.Name), d.Tables[0]) }) == unfed {
			t.Errorf("whether a rule brings %s of %s anything is not as expected", d.Tables[0], d.ID)
		}
	}
}

// othersOnly look at opens below /run, which no rule of ours asks for: they are as many as an ordinary machine's work.
const othersOnly = "T1106-04 T1106-24"

// ruled gives a health with audit's rules, of which some are off for a reason.
func ruled(reason string, off func(audit.Rule) bool) []collectors.Health {
	health := []collectors.Health{
		{Collector: "audit", Item: "socket", State: "degraded"},
		{Collector: "process_connector", Item: "socket", State: "ok"},
	}
	for _, r := range audit.Rules(audit.DefaultWatchPaths()) {
		h := collectors.Health{Collector: "audit", Item: "rule:" + r.Name, State: "ok"}
		if off(r) {
			h.State, h.Reason = "off", reason
		}
		health = append(health, h)
	}
	return health
}

func TestGaps(t *testing.T) {
	named := func(names ...string) func(audit.Rule) bool {
		return func(r audit.Rule) bool { return slices.Contains(names, r.Name) }
	}
	frequent := func(r audit.Rule) bool { return r.Volume != audit.Low }
	all := func(audit.Rule) bool { return true }
	noConnector := func(health []collectors.Health) []collectors.Health {
		health[1].State = "failed"
		return health
	}
	for _, c := range []struct {
		name   string
		health []collectors.Health
		// analytics by state; those not named are active
		degraded, notFed string
	}{
		{"everything works", ruled("", named()), "", ""},
		{"frequent rules off", ruled("low", frequent), "AN0120 AN0397 AN0431 AN0613 AN0839 AN0976 AN1196 AN1223 AN1241 AN1400 AN1494 AN1562 " +
			"T1106-26 T1106-28", "AN1627"},
		{"ptrace off", ruled("withdrawn", named("ptrace")), "AN1400", "AN0579 AN1241"},
		{"a file is not watched", ruled("adding it: x", named("read:/etc/timezone")), "AN0120", ""},
		{"a file cannot be there", ruled("its folder does not exist", named("read:/etc/timezone")), "", ""},
		{"no executions", noConnector(ruled("low", named("execve"))), "AN0613 AN0839 AN0976 AN1196 AN1494", "AN0120 AN0397 AN0431 AN1223 AN1562"},
		{"all rules off", ruled("none", all), "AN0120 AN0397 AN0431 AN1223 AN1562", "AN0579 AN0613 AN0839 AN0976 AN1196 AN1241 AN1400 AN1494 " +
			"AN1627 T1106-26 T1106-28"},
		{"no rule can be added", ruled("", all)[:2], "AN0120 AN0397 AN0431 AN1223 AN1562", "AN0579 AN0613 AN0839 AN0976 AN1196 AN1241 AN1400 " +
			"AN1494 AN1627 T1106-26 T1106-28"},
		{"not on Linux", nil, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, d := range detectionsOf(t, "linux") {
				want := queries.Active
				if strings.Contains(c.degraded, d.ID) {
					want = queries.Degraded
				} else if strings.Contains(c.notFed, d.ID) || c.health != nil && strings.Contains(othersOnly, d.ID) {
					want = queries.NotFed
				}
				state, why := gaps(&d, c.health)
				if state != want || (why == "") != (want == queries.Active) {
					t.Errorf("%s is %q (%s), want %q", d.ID, state, why, want)
				}
			}
		})
	}
	for _, d := range detectionsOf(t, "linux") {
		if _, why := gaps(&d, ruled("low", frequent)); d.ID == "AN1627" && why != "without audit rule utime, utimensat: low; "+
			"only what rules of others bring is seen" {
			t.Errorf("AN1627: %q", why)
		}
	}
}
