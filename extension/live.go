package main

import (
	"log/slog"

	"github.com/apiwatch/apiwatch/extension/engine"
)

// liveFlags are the flags of every command that collects.
type liveFlags struct {
	StateDir    string `help:"Where former audit settings and the event counter are kept." default:"${state_dir}" placeholder:"DIR"`
	Tuning      string `help:"YAML file with tuning overrides." default:"${tuning_file}" placeholder:"FILE"`
	LinuxFeed   string `help:"What sees system calls: auto, ebpf or audit." enum:"auto,ebpf,audit" default:"auto" env:"APIWATCH_LINUX_FEED"`
	AuditShare  string `help:"Rules to add where another program owns kernel audit: low, full or none." enum:"low,full,none" default:"low"`
	StoreEvents int    `help:"How many events to keep." default:"100000"`
	StoreMB     int    `name:"store-mb" help:"How many megabytes (2^20 bytes) of events to keep." default:"40"`
	Record      string `help:"Write what the collectors deliver to this file, to be replayed." placeholder:"FILE"`
	Verbose     bool   `help:"Say more on stderr."`
}

// engine gives an engine over this machine. resume says that the command runs on, and does not just look in.
func (f *liveFlags) engine(resume bool, logger *slog.Logger) (*engine.Engine, error) {
	return engine.Live(&engine.Options{
		StateDir: f.StateDir, Tuning: f.Tuning, LinuxFeed: f.LinuxFeed, AuditShare: f.AuditShare, StoreEvents: f.StoreEvents,
		StoreBytes: f.StoreMB << 20, Record: f.Record, Resume: resume,
	}, logger)
}

// look gives an engine over this machine for a command that looks in: what is amiss with collection is in its answer, if asked for.
func (f *liveFlags) look(a *app) (*engine.Engine, error) {
	level := slog.LevelError
	if f.Verbose {
		level = slog.LevelDebug
	}
	return f.engine(false, a.loggerFrom(level))
}
