package main

import "time"

// peakOf gives the highest resident memory of a process so far, in MB, as it is when the process ends, give or take what it took in its
// last moments. What wait4 tells of a child begins with the memory of the parent that forked it.
func peakOf(pid int, ended <-chan struct{}) (peak float64) {
	for {
		if _, now, err := resident(pid); err == nil {
			peak = max(peak, now)
		}
		select {
		case <-ended:
			return peak
		case <-time.After(50 * time.Millisecond):
		}
	}
}
