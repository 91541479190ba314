package host

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/peterh/liner"
	"golang.org/x/term"

	"github.com/apiwatch/apiwatch/tables"
)

// ShellOptions says how a shell behaves.
type ShellOptions struct {
	// Mode is how results are written at first; "" is Pretty.
	Mode Mode
	// History is the file that keeps the lines entered at a terminal, readable by its owner only; "" keeps none.
	History string
}

// ErrStatements is Shell's error where a statement that did not come from a terminal failed; each has been told.
var ErrStatements = errors.New("some statements failed")

// Shell runs SQL statements and dot-commands from in until it ends.
//
// If in and out are the process's own terminal it asks for them, with history and completion; it then takes over the
// interrupt signal, which ends a running query and not the program. Otherwise it reads them silently, goes on after an
// error as osqueryi does, and returns [ErrStatements] at the end.
func Shell(ctx context.Context, db *DB, in io.Reader, out, errw io.Writer, o ShellOptions) error {
	s := &shell{db: db, out: out, errw: errw, format: Format{Mode: o.Mode}}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.terminal = f
	}
	if in != io.Reader(os.Stdin) || out != io.Writer(os.Stdout) || s.terminal == nil || !term.IsTerminal(int(os.Stdin.Fd())) || !liner.TerminalSupported() {
		return s.run(ctx, &pipe{bufio.NewReader(in)})
	}
	// The program's own handler would end it. Ours stays, so that no interrupt cuts short what the program then puts back.
	signal.Reset(os.Interrupt)
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	s.interactive, s.interrupts = true, interrupts
	t := newTerminal(s.complete, o.History)
	defer t.close()
	fmt.Fprintln(out, "Statements end with a semicolon; .help lists the commands, Tab completes, Ctrl-D ends.")
	return s.run(ctx, t)
}

// shell is what a session has.
type shell struct {
	db          *DB
	out, errw   io.Writer
	terminal    *os.File // out, if it is a terminal
	interactive bool
	interrupts  <-chan os.Signal
	format      Format
	timer       bool
	failed      bool
	pending     string // of a statement that has not ended
}

// lines is where a shell reads from. prompt returns errAborted where the line was given up and io.EOF at the end.
type lines interface {
	prompt(p string) (string, error)
	// entered is told of every line that was not given up.
	entered(line string)
}

var errAborted = errors.New("line given up")

const (
	firstPrompt = "apiwatch> "
	nextPrompt  = "     ...> "
)

// maxStatement bounds a statement, so that a stream without semicolons does not fill the memory.
const maxStatement = 16 << 20

func (s *shell) run(ctx context.Context, in lines) error {
	for {
		prompt := firstPrompt
		if strings.TrimSpace(s.pending) != "" {
			prompt = nextPrompt
		}
		line, err := ask(ctx, in, prompt)
		switch {
		case errors.Is(err, errAborted):
			s.pending = ""
			continue
		case errors.Is(err, io.EOF):
			if strings.TrimSpace(s.pending) != "" && !s.interactive {
				s.statement(ctx, s.pending)
			}
			if s.interactive {
				fmt.Fprintln(s.out)
			}
			return s.result()
		case err != nil:
			return fmt.Errorf("reading statements: %w", err)
		}
		if strings.TrimSpace(line) != "" {
			in.entered(line)
		}
		if s.line(ctx, line) {
			return s.result()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// ask waits for a line or the context's end, whichever comes first.
func ask(ctx context.Context, in lines, prompt string) (string, error) {
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := in.prompt(prompt)
		got <- answer{line, err}
	}()
	select {
	case a := <-got:
		return a.line, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (s *shell) result() error {
	if s.failed && !s.interactive {
		return ErrStatements
	}
	return nil
}

// line takes one line and runs what it completes; true ends the shell.
func (s *shell) line(ctx context.Context, line string) (exit bool) {
	if strings.TrimSpace(s.pending) == "" && strings.HasPrefix(strings.TrimSpace(line), ".") {
		s.pending = ""
		return s.command(ctx, strings.Fields(strings.TrimRight(strings.TrimSpace(line), "; ")))
	}
	s.pending += line + "\n"
	for {
		statement, rest, ok := cutStatement(s.pending)
		if !ok {
			break
		}
		s.pending = rest
		s.statement(ctx, statement)
		if ctx.Err() != nil {
			return false
		}
	}
	if len(s.pending) > maxStatement {
		s.pending = ""
		s.fail(fmt.Errorf("a statement is longer than %d MiB and was dropped", maxStatement>>20))
	}
	return false
}

// fail tells of an error.
func (s *shell) fail(err error) {
	s.failed = true
	fmt.Fprintln(s.errw, "error: "+visible(err.Error()))
}

// statement runs one SQL statement; one that has nothing but comments is skipped.
func (s *shell) statement(ctx context.Context, sql string) {
	if tokens, err := scan(sql); err == nil && len(tokens) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.interrupts != nil {
		for len(s.interrupts) > 0 {
			<-s.interrupts // what came before is not meant for this query
		}
		go func() {
			select {
			case <-s.interrupts:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	begin := time.Now()
	rows, err := s.db.Query(ctx, strings.TrimSpace(sql))
	n := 0
	if err == nil {
		format := s.format
		if s.terminal != nil {
			if format.Width, _, err = term.GetSize(int(s.terminal.Fd())); err != nil || format.Width <= 0 {
				format.Width = 80
			}
		}
		n, err = format.Write(s.out, rows)
	}
	switch {
	case errors.Is(err, context.Canceled):
		s.fail(errors.New("interrupted"))
	case err != nil:
		s.fail(err)
	}
	if s.timer {
		fmt.Fprintf(s.errw, "%d rows in %s\n", n, time.Since(begin).Round(10*time.Microsecond))
	}
}

// cutStatement cuts off the first statement that a semicolon ends, outside of quotes and comments.
func cutStatement(s string) (statement, rest string, ok bool) {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == ';':
			return s[:i], s[i+1:], true
		case strings.HasPrefix(s[i:], "--"):
			i = indexFrom(s, i, "\n", 1)
		case strings.HasPrefix(s[i:], "/*"):
			i = indexFrom(s, i+2, "*/", 2)
		case c == '\'' || c == '"' || c == '`' || c == '[':
			end, _, ok := quoted(s, i)
			if !ok {
				return "", s, false
			}
			i = end
		default:
			i++
		}
	}
	return "", s, false
}

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
			s.statement(ctx, "SELECT * FROM "+quoteName(b.Name()))
			return nil
		}},
		{".detections", "", "the analytics of this platform and whether they can work now", 0, 0, func(s *shell, ctx context.Context, _ []string) error {
			s.statement(ctx, "SELECT detection, technique, severity, state, findings, name, reason FROM detections "+
				"WHERE state <> 'other platform' ORDER BY detection")
			return nil
		}},
		{".exit", "", "end, as Ctrl-D does", 0, 0, nil},
		{".health", "", "collectors, rules and stages that are not well, and what to do", 0, 0, func(s *shell, ctx context.Context, _ []string) error {
			s.statement(ctx, "SELECT collector, item, state, lost, reason FROM collector_health WHERE state <> 'ok'")
			return nil
		}},
		{".help", "", "this list", 0, 0, func(s *shell, _ context.Context, _ []string) error { return s.help() }},
		{".mode", "[MODE]", "how results are written: " + fmt.Sprint(Modes()), 0, 1, (*shell).setMode},
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
		fmt.Fprintln(s.out, string(cmp.Or(s.format.Mode, Pretty)))
		return nil
	}
	m, err := ParseMode(a[0])
	if err == nil {
		s.format.Mode = m
	}
	return err
}

func (s *shell) table(name string) (Backend, error) {
	all := s.db.Tables()
	i := slices.IndexFunc(all, func(b Backend) bool { return strings.EqualFold(b.Name(), name) })
	if i < 0 {
		return nil, fmt.Errorf("there is no table %s; .tables lists them", name)
	}
	return all[i], nil
}

func description(b Backend) string {
	if l, ok := b.(local); ok {
		return l.Description
	}
	return ""
}

func (s *shell) tables(_ context.Context, a []string) error {
	pattern := "%"
	if len(a) > 0 {
		pattern = strings.ReplaceAll(a[0], "*", "%")
		if pattern == a[0] && !strings.Contains(pattern, "%") {
			pattern = "%" + pattern + "%"
		}
	}
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, b := range s.db.Tables() {
		if matches(strings.ToLower(b.Name()), strings.ToLower(pattern)) {
			fmt.Fprintln(table, strings.TrimRight(b.Name()+"\t"+visible(description(b)), "\t"))
		}
	}
	return table.Flush()
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
		list = []Backend{b}
	}
	w := bufio.NewWriter(s.out)
	for _, b := range list {
		if d := description(b); d != "" {
			fmt.Fprintf(w, "-- %s\n", visible(d))
		}
		fmt.Fprintf(w, "CREATE TABLE %s (\n", bareName(b.Name()))
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
			fmt.Fprintln(table, strings.TrimRight("  "+bareName(c.Name)+"\t"+kind+"\t-- "+visible(c.Description), "\t -"))
		}
		if err := table.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(w, ");")
	}
	return w.Flush()
}

// bareName leaves out the quotes that a name does not need.
func bareName(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r > 0x7f || !isWord(byte(r)) }) {
		return visible(quoteName(name))
	}
	return name
}

// keywords are the words of SQL that are worth completing.
var keywords = strings.Fields(`AND AS ASC BETWEEN CASE CAST COLLATE COUNT( CROSS DESC DISTINCT ELSE END ESCAPE EXCEPT EXISTS FROM
	GLOB GROUP HAVING IN INNER INTERSECT IS JOIN LEFT LIKE LIMIT MATERIALIZED NATURAL NOT NOCASE NULL OFFSET ON OR ORDER BY OUTER PARTITION
	RECURSIVE SELECT THEN UNION USING VALUES WHEN WHERE WITH`)

// complete gives what the word before the cursor may become: commands at the start, tables after FROM and JOIN, else
// columns, of the tables that the statement names if it names any.
func (s *shell) complete(line string, pos int) (head string, candidates []string, tail string) {
	runes := []rune(line)
	pos = min(pos, len(runes))
	before, tail := string(runes[:pos]), string(runes[pos:])
	start := strings.LastIndexFunc(before, func(r rune) bool { return r > 0x7f || !isWord(byte(r)) }) + 1
	if strings.TrimSpace(s.pending) == "" && strings.HasPrefix(before, ".") {
		return s.completeCommand(before, tail)
	}
	head, prefix := before[:start], before[start:]
	names := make(map[string]string) // by lower case
	add := func(words ...string) {
		for _, w := range words {
			names[strings.ToLower(w)] = w
		}
	}
	previous := ""
	var named []tables.Column
	tokens, _ := scan(s.pending + "\n" + head)
	whole, _ := scan(s.pending + "\n" + line)
	for _, t := range whole {
		if i, ok := s.db.index[strings.ToLower(t.text)]; ok && t.names() {
			named = append(named, s.db.columns[i]...)
		}
	}
	if len(tokens) > 0 {
		previous = strings.ToUpper(tokens[len(tokens)-1].text)
	}
	if previous != "." {
		add(keywords...)
		for _, b := range s.db.backends {
			add(b.Name())
		}
	}
	if previous == "FROM" || previous == "JOIN" {
		clear(names)
		for _, b := range s.db.backends {
			add(b.Name())
		}
	} else {
		if len(named) == 0 {
			named = slices.Concat(s.db.columns...)
		}
		for _, c := range named {
			add(c.Name)
		}
	}
	// What was typed stays as it was typed; the editor would take it away where candidates differ in case.
	lower := prefix != "" && prefix == strings.ToLower(prefix)
	for name, w := range names {
		rest, ok := strings.CutPrefix(name, strings.ToLower(prefix))
		switch {
		case !ok:
			continue
		case !lower || w != strings.ToUpper(w):
			rest = w[len(prefix):]
		}
		candidates = append(candidates, prefix+rest)
	}
	slices.Sort(candidates)
	return head, candidates, tail
}

func (s *shell) completeCommand(before, tail string) (string, []string, string) {
	at := strings.LastIndexByte(before, ' ') + 1
	head, prefix := before[:at], strings.ToLower(before[at:])
	var words []string
	switch strings.TrimSpace(head) {
	case "":
		for _, c := range commands() {
			words = append(words, c.name)
		}
	case ".mode":
		for _, m := range Modes() {
			words = append(words, string(m))
		}
	case ".timer":
		words = []string{"off", "on"}
	case ".all", ".schema", ".tables":
		for _, b := range s.db.Tables() {
			words = append(words, b.Name())
		}
	}
	return head, slices.DeleteFunc(words, func(w string) bool { return !strings.HasPrefix(w, prefix) }), tail
}

// pipe reads lines that nobody types.
type pipe struct{ *bufio.Reader }

func (p *pipe) entered(string) {}

func (p *pipe) prompt(string) (string, error) {
	var line []byte
	for {
		part, err := p.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxStatement:
			return "", fmt.Errorf("a line is longer than %d MiB", maxStatement>>20)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == nil || errors.Is(err, io.EOF) && len(line) > 0:
			return strings.TrimRight(string(line), "\r\n"), nil
		}
		return "", err
	}
}

// terminal is a person at a line editor.
type terminal struct {
	editor  *liner.State
	history string
}

func newTerminal(complete liner.WordCompleter, history string) *terminal {
	t := &terminal{editor: liner.NewLiner(), history: history}
	t.editor.SetCtrlCAborts(true)
	t.editor.SetTabCompletionStyle(liner.TabPrints)
	t.editor.SetWordCompleter(complete)
	if f, err := os.Open(history); err == nil {
		_, _ = t.editor.ReadHistory(f) // a history that cannot be read is none
		_ = f.Close()
	}
	return t
}

func (t *terminal) prompt(p string) (string, error) {
	line, err := t.editor.Prompt(p)
	if errors.Is(err, liner.ErrPromptAborted) {
		return "", errAborted
	}
	return line, err
}

// entered keeps a line at once, so that a shell that is killed leaves its history.
func (t *terminal) entered(line string) {
	t.editor.AppendHistory(line)
	if t.history != "" {
		_ = saveHistory(t.history, t.editor.WriteHistory) // the shell works without
	}
}

func (t *terminal) close() { _ = t.editor.Close() }

// saveHistory replaces the file, which only its owner may read.
func saveHistory(path string, write func(io.Writer) (int, error)) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("saving history: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".history-*") // 0600
	if err != nil {
		return fmt.Errorf("saving history: %w", err)
	}
	_, err = write(f)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("saving history: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
