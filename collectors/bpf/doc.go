// Package bpf turns what small programs in the kernel see of system calls and processes into events, beside audit or in its place. The
// programs filter, look at the kernel's own objects (which file a descriptor is, whose it is, where it lies) and hand records over through
// a ring buffer; the decoder is pure and needs no Linux.
package bpf
