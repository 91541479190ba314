// Command apiwatch.ext turns OS API execution into virtual tables and detections: as an osquery extension, on its own,
// or over recordings.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/apiwatch/apiwatch/extension/engine"
	"github.com/apiwatch/apiwatch/extension/results"
)

// version is set by the linker.
var version = "dev"

// Exit statuses.
const (
	exitFailed = 1
	exitUsage  = 2
)

type cli struct {
	Quiet bool `short:"q" help:"Say nothing on stderr but errors."`

	Serve      serveCmd      `cmd:"" default:"withargs" hidden:"" help:"Serve osquery over its extension socket."`
	Run        runCmd        `cmd:"" help:"Collect live, run this platform's detections, print findings. No osquery needed."`
	Query      queryCmd      `cmd:"" help:"Run one SQL query, live or over recordings."`
	Shell      shellCmd      `cmd:"" help:"Interactive SQL: .tables, .schema, history, completion."`
	Replay     replayCmd     `cmd:"" help:"Run the detections over recordings: files or folders."`
	Detections detectionsCmd `cmd:"" help:"List the detections and whether this host can feed them."`
	Schema     schemaCmd     `cmd:"" help:"Print every table with its columns."`
	Doctor     doctorCmd     `cmd:"" help:"Check what this machine allows and say what to do about the rest."`
	Completion completionCmd `cmd:"" help:"Print what makes a shell complete commands: bash, zsh, fish or powershell."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

const examples = `Examples:
  apiwatch.ext run                                   watch this machine, print findings as they come
  apiwatch.ext run --for 30s --json                  half a minute, as osquery result lines
  apiwatch.ext query "SELECT path, kind FROM rwx_mappings"
  apiwatch.ext query --replay audit.log "SELECT time, path, arguments FROM api_calls"
  apiwatch.ext replay /var/log/audit                 detections over an audit log, rotated and gzipped parts included
  apiwatch.ext --socket /var/osquery/osquery.em      serve a running osqueryd

Exit status: 0 done, 1 failed, 2 bad usage.`

// app is what every command gets.
type app struct {
	stdout, stderr io.Writer
	stdin          io.Reader
	quiet          bool
}

func main() {
	// A reader of standard output that goes away, such as head, must not end us before audit is put back: the write fails instead.
	signal.Ignore(syscall.SIGPIPE)
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup's programs go on
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	code := run(ctx, os.Args[1:], &app{stdout: os.Stdout, stderr: os.Stderr, stdin: os.Stdin})
	stop()
	os.Exit(code)
}

// errUsage marks errors that are the caller's: exit status 2.
var errUsage = errors.New("bad usage")

func run(ctx context.Context, args []string, a *app) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("apiwatch.ext"),
		kong.Description("OS API execution as virtual tables and detections.\n\n"+examples),
		kong.Writers(a.stdout, a.stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 120}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(a),
		kong.Vars{"state_dir": engine.DefaultStateDir, "tuning_file": engine.DefaultTuningFile},
	)
	if err != nil {
		a.fail("building the command line: %v", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		what := visible(err)
		if hint := meant(parser.Model, args, err); hint != "" {
			what = results.Visible(hint)
		}
		a.fail("%s\nRun \"apiwatch.ext --help\" for the commands.", what)
		return exitUsage
	}
	a.quiet = c.Quiet
	err = k.Run()
	if slices.ContainsFunc(readerGone, func(gone error) bool { return errors.Is(err, gone) }) { // it has had enough of standard output
		return 0
	}
	if err != nil {
		a.fail("%s", visible(err))
		if errors.Is(err, errUsage) {
			return exitUsage
		}
		return exitFailed
	}
	return 0
}

// visible gives an error's text, a line for each of several, with what names of files may do to a terminal made harmless.
func visible(err error) string {
	joined, ok := err.(interface{ Unwrap() []error }) // only the outermost has lines of its own
	if !ok {
		return results.Visible(err.Error())
	}
	var lines []string
	for _, e := range joined.Unwrap() {
		lines = append(lines, visible(e))
	}
	return strings.Join(lines, "\n")
}

// fail tells why a command failed, also where nothing else is to be said.
func (a *app) fail(format string, args ...any) {
	_, _ = fmt.Fprintf(a.stderr, "apiwatch.ext: "+format+"\n", args...)
}

// logger writes to stderr; verbose shows what is only interesting when something is looked for.
func (a *app) logger(verbose bool) *slog.Logger {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelDebug
	}
	return a.loggerFrom(level)
}

// loggerFrom writes to stderr what is of a level or above.
func (a *app) loggerFrom(level slog.Leveler) *slog.Logger {
	if a.quiet {
		level = slog.LevelError
	}
	return slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
}
