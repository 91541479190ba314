package shell

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/apiwatch/apiwatch/extension/results"
	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/extension/sqltext"
)

// command is a dot-command.
type command struct {
	name, arguments, help string
	// least and most are the numbers of arguments.
	least, most int
	run         func(s *shell, ctx context.Context, arguments []string) error
}

func commands() []command {
	return []command{
		{".all", "TABLE", "every row of a table", 1, 1, func(s *shell, ctx context.Context, a []string) error {
			b, err := s.table(a[0])
			if err != nil {
				return err
			}
			s.statement(ctx, "SELECT * FROM "+sqltext.Quote(b.Name()))
			return nil
		}},
		{".detections", "", "the analytics of this platform and whether they can work now", 0, 0, statement("SELECT detection, technique, " +
			"severity, state, findings, name, reason FROM detections WHERE state <> 'other platform' ORDER BY detection")},
		{".exit", "", "end, as Ctrl-D does", 0, 0, nil},
		{".health", "", "collectors, rules and stages that are not well, and what to do", 0, 0, statement("SELECT collector, item, state, " +
			"lost, reason FROM collector_health WHERE state <> 'ok'")},
		{".help", "", "this list", 0, 0, func(s *shell, _ context.Context, _ []string) error { return s.help() }},
		{".mode", "[MODE]", "how results are written: " + fmt.Sprint(results.Modes()), 0, 1, (*shell).setMode},
		{".quit", "", "end, as Ctrl-D does", 0, 0, nil},
		{".schema", "[TABLE]", "the columns of a table, or of all", 0, 1, (*shell).schema},
		{".tables", "[PATTERN]", "the tables whose name holds PATTERN, or is like it if it has % or *", 0, 1, (*shell).tables},
		{".timer", "on|off", "tell how long each statement took", 1, 1, func(s *shell, _ context.Context, a []string) error {
			if a[0] != "on" && a[0] != "off" {
				return fmt.Errorf(".timer is on or off, not %s", a[0])
			}
			s.timer = a[0] == "on"
			return nil
		}},
	}
}

// statement is a command that stands for a statement.
func statement(sql string) func(*shell, context.Context, []string) error {
	return func(s *shell, ctx context.Context, _ []string) error {
		s.statement(ctx, sql)
		return nil
	}
}

func (s *shell) command(ctx context.Context, words []string) (exit bool) {
	name, arguments := strings.ToLower(words[0]), words[1:]
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == name })
	if i < 0 {
		s.fail(fmt.Errorf("there is no command %s; .help lists them", name))
		return false
	}
	c := all[i]
	switch {
	case len(arguments) < c.least || len(arguments) > c.most:
		s.fail(fmt.Errorf("usage: %s", strings.TrimSpace(c.name+" "+c.arguments)))
	case c.run == nil:
		return true
	default:
		if err := c.run(s, ctx, arguments); err != nil {
			s.fail(err)
		}
	}
	return false
}

func (s *shell) help() error {
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, c := range commands() {
		fmt.Fprintf(table, "%s\t%s\n", strings.TrimSpace(c.name+" "+c.arguments), c.help)
	}
	return table.Flush()
}

func (s *shell) setMode(_ context.Context, a []string) error {
	if len(a) == 0 {
		fmt.Fprintln(s.out, string(cmp.Or(s.format.Mode, results.Pretty)))
		return nil
	}
	m, err := results.ParseMode(a[0])
	if err == nil {
		s.format.Mode = m
	}
	return err
}

func (s *shell) table(name string) (sqlhost.Backend, error) {
	all := s.db.Tables()
	i := slices.IndexFunc(all, func(b sqlhost.Backend) bool { return strings.EqualFold(b.Name(), name) })
	if i < 0 {
		return nil, fmt.Errorf("there is no table %s; .tables lists them", name)
	}
	return all[i], nil
}

func (s *shell) tables(_ context.Context, a []string) error {
	pattern := "%"
	if len(a) > 0 {
		pattern = strings.ReplaceAll(a[0], "*", "%")
		if pattern == a[0] && !strings.Contains(pattern, "%") {
			pattern = "%" + pattern + "%"
		}
	}
	found := slices.DeleteFunc(slices.Clone(s.db.Tables()), func(b sqlhost.Backend) bool {
		return !matches(strings.ToLower(b.Name()), strings.ToLower(pattern))
	})
	_, err := s.out.Write(tableList(found, s.width()))
	return err
}

// tableList names tables with what they hold, cut where a line would be wider than the terminal; width 0 cuts nothing.
func tableList(list []sqlhost.Backend, width int) []byte {
	longest := 0
	for _, b := range list {
		longest = max(longest, len(b.Name()))
	}
	var out []byte
	for _, b := range list {
		line := strings.TrimRight(fmt.Sprintf("%-*s  %s", longest, b.Name(), results.Visible(sqlhost.Description(b))), " ")
		if width > 0 {
			line = results.Cut(line, width)
		}
		out = append(append(out, line...), '\n')
	}
	return out
}

// matches compares with a pattern in which % stands for anything.
func matches(s, pattern string) bool {
	parts := strings.Split(pattern, "%")
	if len(parts) == 1 {
		return s == pattern
	}
	s, ok := strings.CutPrefix(s, parts[0])
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		i := strings.Index(s, part)
		if !ok || i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return ok && strings.HasSuffix(s, parts[last])
}

func (s *shell) schema(_ context.Context, a []string) error {
	list := s.db.Tables()
	if len(a) > 0 {
		b, err := s.table(a[0])
		if err != nil {
			return err
		}
		list = []sqlhost.Backend{b}
	}
	w := bufio.NewWriter(s.out)
	for _, b := range list {
		if d := sqlhost.Description(b); d != "" {
			fmt.Fprintf(w, "-- %s\n", results.Visible(d))
		}
		fmt.Fprintf(w, "CREATE TABLE %s (\n", results.Visible(sqltext.QuoteIfNeeded(b.Name())))
		table := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
		columns := b.Columns()
		for i, c := range columns {
			kind := string(c.Type)
			if c.Hidden {
				kind += " HIDDEN"
			}
			if i < len(columns)-1 {
				kind += ","
			}
			name := results.Visible(sqltext.QuoteIfNeeded(c.Name))
			fmt.Fprintln(table, strings.TrimRight("  "+name+"\t"+kind+"\t-- "+results.Visible(c.Description), "\t -"))
		}
		if err := table.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(w, ");")
	}
	return w.Flush()
}
