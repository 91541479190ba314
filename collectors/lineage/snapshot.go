package lineage

import (
	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// snapshotOf gives a running process as an event holds it.
func snapshotOf(f *collectors.ProcessFacts, boot string, users func(int64) string) *event.Process {
	s := &event.Process{
		Key: ProcessKey(boot, f.PID, f.StartTicks), Path: f.Path, Cmdline: f.Cmdline, CWD: f.CWD, TTY: f.TTY,
		User: users(f.UID), StartNS: f.StartNS, PID: f.PID, PPID: f.PPID,
		UID: f.UID, EUID: f.EUID, GID: f.GID, EGID: f.EGID, AUID: f.AUID, Session: f.Session,
		ExeUID: f.ExeUID, ExeMode: f.ExeMode, Elsewhere: f.Elsewhere,
	}
	putInto(s, f.Container)
	return s
}

// containerOf gives the container that a process is in.
func containerOf(s *event.Process) collectors.Container {
	return collectors.Container{ID: s.ContainerID, Runtime: s.ContainerRuntime, Name: s.ContainerName, Image: s.ContainerImage}
}

// putInto says that a process is in a container.
func putInto(s *event.Process, c collectors.Container) {
	s.ContainerID, s.ContainerRuntime, s.ContainerName, s.ContainerImage = c.ID, c.Runtime, c.Name, c.Image
}

// credentialsOf gives what is known of a process's ids and capabilities.
func credentialsOf(f *collectors.ProcessFacts) event.Credentials {
	if f.Credentials != nil {
		return *f.Credentials
	}
	c := unknownCredentials
	c.UID, c.EUID, c.GID, c.EGID = f.UID, f.EUID, f.GID, f.EGID
	return c
}
