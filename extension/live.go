package main

import "github.com/apiwatch/apiwatch/extension/engine"

// liveFlags are the flags of every command that collects.
type liveFlags struct {
	StateDir    string `help:"Where former audit settings and the event counter are kept." default:"${state_dir}" placeholder:"DIR"`
	Tuning      string `help:"YAML file with tuning overrides." default:"${tuning_file}" placeholder:"FILE"`
	AuditShare  string `help:"Rules to add where another program owns kernel audit: low, full or none." enum:"low,full,none" default:"low"`
	StoreEvents int    `help:"How many events to keep." default:"100000"`
	StoreMB     int    `name:"store-mb" help:"How many megabytes (2^20 bytes) of events to keep." default:"40"`
	Record      string `help:"Write what the collectors deliver to this file, to be replayed." placeholder:"FILE"`
	Verbose     bool   `help:"Say more on stderr."`
}

// engine gives an engine over this machine. resume says that the command runs on, and does not just look in.
func (f *liveFlags) engine(a *app, resume bool) (*engine.Engine, error) {
	return engine.Live(&engine.Options{
		StateDir: f.StateDir, Tuning: f.Tuning, AuditShare: f.AuditShare, StoreEvents: f.StoreEvents,
		StoreBytes: f.StoreMB << 20, Record: f.Record, Resume: resume,
	}, a.logger(f.Verbose))
}
