package audit

import "sync"

// archs are the architectures by the names that audit's own tools give them (lib/machinetab.h of audit-userspace).
var archs = map[string]uint32{
	"x86_64": archX8664, "i386": archI386, "i486": archI386, "i586": archI386, "i686": archI386, "aarch64": archAArch64, "arm": archARM,
}

// numbers holds each architecture's calls by name.
var numbers = sync.OnceValue(func() map[uint32]map[string]int64 {
	all := make(map[uint32]map[string]int64)
	for arch, table := range tables {
		all[arch] = make(map[string]int64)
		for n, name := range table() {
			if _, twice := all[arch][name]; !twice && name != "" {
				all[arch][name] = int64(n)
			}
		}
	}
	return all
})

// Call gives the architecture and number of a call by the names that audit's tools and shippers put in their place. An
// architecture only says how calls are numbered: of one that is not known here, x86_64's numbers stand for the calls.
func Call(arch, name string) (machine uint32, number int64, ok bool) {
	machine, known := archs[arch]
	if !known {
		machine = archX8664
	}
	number, ok = numbers()[machine][sameName(name)]
	return machine, number, ok
}
