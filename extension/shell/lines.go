package shell

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/peterh/liner"
)

// lines is where a shell reads from. prompt returns errAborted where the line was given up and io.EOF at the end.
type lines interface {
	prompt(p string) (string, error)
	// entered keeps a line that was not given up.
	entered(line string)
}

var errAborted = errors.New("line given up")

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
