package winproc_test

import (
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/apiwatch/apiwatch/collectors/winproc"
)

// fake is a system of a few processes.
type fake struct {
	processes    []*fakeProcess
	threads      map[int64]*fakeThread
	missing      []string
	missingAsked int
	privileged   bool
	slow         time.Duration // that opening takes
	failure      error         // of listing
}

type fakeProcess struct {
	winproc.Entry
	image, cmdline string
	token          winproc.Token
	tokenErr       error
	open           error
	regions        []winproc.Region
	files          map[uint64]string // by allocation base
	fileErr        error
	pages          map[uint64]winproc.PageState
	pagesAsked     int
	memory         map[uint64][]byte
	wow64          bool
	closed         int
}

type fakeThread struct {
	start  uint64
	token  *winproc.Token
	stack  winproc.Stack
	err    error
	closed int
}

func (f *fake) Processes() ([]winproc.Entry, error) {
	var out []winproc.Entry
	for _, p := range f.processes {
		out = append(out, p.Entry)
	}
	return out, f.failure
}

func (f *fake) find(pid int64) *fakeProcess {
	i := slices.IndexFunc(f.processes, func(p *fakeProcess) bool { return p.PID == pid })
	if i < 0 {
		return nil
	}
	return f.processes[i]
}

func (f *fake) Image(pid int64) string {
	if p := f.find(pid); p != nil {
		return p.image
	}
	return ""
}

func (f *fake) Process(pid int64, _ bool) (winproc.Process, error) {
	time.Sleep(f.slow)
	p := f.find(pid)
	if p == nil {
		return nil, fs.ErrNotExist
	}
	if p.open != nil {
		return nil, p.open
	}
	return p, nil
}

func (f *fake) Thread(id int64) (winproc.Thread, error) {
	t := f.threads[id]
	if t == nil {
		return nil, fs.ErrNotExist
	}
	if t.err != nil {
		return nil, t.err
	}
	return t, nil
}

func (f *fake) Account(sid string) (string, error) {
	if sid == "S-1-5-18" {
		return `NT AUTHORITY\SYSTEM`, nil
	}
	return "", fs.ErrNotExist
}

func (f *fake) Drives() map[string]string {
	return map[string]string{`\Device\HarddiskVolume3`: "C:", `\Device\HarddiskVolume30`: "D:"}
}

func (f *fake) Missing(path string) bool {
	f.missingAsked++
	return slices.Contains(f.missing, path)
}
func (f *fake) DebugPrivilege() bool { return f.privileged }

func (p *fakeProcess) Close() error                  { p.closed++; return nil }
func (p *fakeProcess) Cmdline() (string, error)      { return p.cmdline, nil }
func (p *fakeProcess) Wow64() bool                   { return p.wow64 }
func (p *fakeProcess) Token() (winproc.Token, error) { return p.token, p.tokenErr }

// Region gives free memory between the regions, as Windows does.
func (p *fakeProcess) Region(address uint64) (winproc.Region, error) {
	for _, r := range p.regions {
		if address < r.Base {
			return winproc.Region{Base: address, Size: r.Base - address, State: 0x10000, Protect: 1}, nil
		}
		if address < r.End() {
			return r, nil
		}
	}
	return winproc.Region{}, io.EOF
}

func (p *fakeProcess) File(address uint64) (string, error) {
	r, err := p.Region(address)
	if err != nil {
		return "", err
	}
	if name, ok := p.files[r.AllocationBase]; ok {
		return name, nil
	}
	if p.fileErr != nil {
		return "", p.fileErr
	}
	return "", errNoFile
}

func (p *fakeProcess) Pages(addresses []uint64, states []winproc.PageState) error {
	if p.pages == nil {
		return fs.ErrPermission
	}
	p.pagesAsked += len(addresses)
	for i, a := range addresses {
		states[i] = p.pages[a]
	}
	return nil
}

func (p *fakeProcess) Read(address uint64, b []byte) error {
	for base, memory := range p.memory {
		if base <= address && address+uint64(len(b)) <= base+uint64(len(memory)) {
			copy(b, memory[address-base:])
			return nil
		}
	}
	return fs.ErrPermission
}

func (t *fakeThread) Close() error           { t.closed++; return nil }
func (t *fakeThread) Start() (uint64, error) { return t.start, nil }
func (t *fakeThread) Token() (winproc.Token, bool, error) {
	if t.token == nil {
		return winproc.Token{}, false, nil
	}
	return *t.token, true, nil
}

func (t *fakeThread) Stack() (winproc.Stack, error) {
	if t.stack.SP == 0 {
		return winproc.Stack{}, fs.ErrPermission
	}
	return t.stack, nil
}
