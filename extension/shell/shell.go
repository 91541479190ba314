// Package shell is the interactive shell: SQL statements and dot-commands, with history and completion. It imports the SQL host,
// which answers them, results, which writes the answers, and sqltext.
package shell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"

	"github.com/peterh/liner"
	"golang.org/x/term"

	"github.com/apiwatch/apiwatch/extension/results"
	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/extension/sqltext"
)

// Options says how a shell behaves.
type Options struct {
	// Mode is how results are written at first; "" is results.Pretty.
	Mode results.Mode
	// History is the file that keeps the lines entered at a terminal, readable by its owner only; "" keeps none.
	History string
}

// ErrStatements is Run's error where a statement that did not come from a terminal failed; each error was printed.
var ErrStatements = errors.New("some statements failed")

// Run runs SQL statements and dot-commands from in until it ends.
//
// If in and out are the process's own terminal it asks for them, with history and completion; it then takes over the
// interrupt signal, which ends a running query and not the program. Otherwise it reads them silently, goes on after an
// error as osqueryi does, and returns [ErrStatements] at the end.
func Run(ctx context.Context, db *sqlhost.DB, in io.Reader, out, errw io.Writer, o Options) error {
	s := &shell{db: db, out: out, errw: errw, format: results.Format{Mode: o.Mode}}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.terminal = f
	}
	own := in == io.Reader(os.Stdin) && out == io.Writer(os.Stdout)
	if !own || s.terminal == nil || !term.IsTerminal(int(os.Stdin.Fd())) || !liner.TerminalSupported() {
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
	db          *sqlhost.DB
	out, errw   io.Writer
	terminal    *os.File // out, if it is a terminal
	interactive bool
	interrupts  <-chan os.Signal
	format      results.Format
	timer       bool
	failed      bool
	pending     string // of a statement that has not ended
}

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
		statement, rest, ok := sqltext.CutStatement(s.pending)
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

// fail prints an error.
func (s *shell) fail(err error) {
	s.failed = true
	fmt.Fprintln(s.errw, "error: "+results.Visible(err.Error()))
}

// statement runs one SQL statement; one that has nothing but comments is skipped.
func (s *shell) statement(ctx context.Context, sql string) {
	if tokens, err := sqltext.Tokens(sql); err == nil && len(tokens) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.interrupts != nil {
		for len(s.interrupts) > 0 {
			<-s.interrupts // what came before is not meant for this query
		}
		var watch sync.WaitGroup
		watch.Go(func() {
			select {
			case <-s.interrupts:
				cancel()
			case <-ctx.Done():
			}
		})
		defer func() { // nobody is left who would take the next query's interrupt
			cancel()
			watch.Wait()
		}()
	}
	begin := time.Now()
	rows, err := s.db.Query(ctx, strings.TrimSpace(sql))
	n := 0
	if err == nil {
		format := s.format
		format.Width = s.width()
		n, err = format.Write(s.out, rows)
	}
	switch {
	case errors.Is(err, context.Canceled):
		s.fail(errors.New("interrupted"))
	case err != nil:
		s.fail(err)
	}
	if s.timer {
		fmt.Fprintf(s.errw, "%s in %s\n", results.Counted(uint64(n), "row"), time.Since(begin).Round(10*time.Microsecond))
	}
}

// width is that of the terminal that results go to, 0 if it is none.
func (s *shell) width() int {
	if s.terminal == nil {
		return 0
	}
	if width, _, err := term.GetSize(int(s.terminal.Fd())); err == nil && width > 0 {
		return width
	}
	return 80
}
