package engine

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/etw"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/live"
	"github.com/apiwatch/apiwatch/collectors/statefile"
	"github.com/apiwatch/apiwatch/collectors/winproc"
)

// Where state and tuning are kept unless told otherwise.
var (
	DefaultStateDir   = filepath.Join(programData(), "apiwatch")
	DefaultTuningFile = filepath.Join(DefaultStateDir, "tuning.yaml")
)

// programData is where programs keep what belongs to no user. Windows is asked and not the environment, which whoever starts
// this program sets.
func programData() string {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, 0)
	if err != nil {
		return `C:\ProgramData`
	}
	return dir
}

// livePlan gives this machine's sources: its event logs, its ETW session, and the state of its processes.
func livePlan(o *Options, record io.Writer, logger *slog.Logger) (plan, error) {
	var capture func(xml []byte) error // both sources run in the pump's goroutine
	if record != nil {
		capture = func(xml []byte) error {
			_, err := record.Write(append(xml, '\n'))
			return err
		}
	}
	options := live.Options{Connect: live.NewSystem, Capture: capture, Logger: logger}
	err := statefile.MakeDir(o.StateDir)
	switch {
	case errors.Is(err, statefile.ErrUntrusted):
		return plan{}, err
	case err != nil:
		logger.Warn("event logs begin now, not where the last run ended", "error", err)
	case o.Resume:
		options.StateDir = o.StateDir
	}
	processes := winproc.NewHost(winproc.Open(), computerName())
	out := plan{
		sources: []collectors.Source{
			live.New(options),
			etw.NewLive(etw.Options{Process: processes.Snapshot, Capture: capture, Logger: logger}),
		},
		host:    collectors.NoHost{},
		running: processes.Running,
		family:  event.Windows,
		health:  processes.Health,
	}
	windowsState(&out, processes)
	return out, nil
}

// computerName is the machine's name as its event logs have it.
func computerName() string {
	name := make([]uint16, 256)
	n := uint32(len(name))
	if windows.GetComputerNameEx(windows.ComputerNamePhysicalDnsFullyQualified, &name[0], &n) != nil {
		host, _ := os.Hostname() // an empty name is better than no collection
		return host
	}
	return windows.UTF16ToString(name)
}
