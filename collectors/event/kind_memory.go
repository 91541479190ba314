package event

import "github.com/apiwatch/apiwatch/collectors/event/wire"

// KindMemory is memory made executable.
const KindMemory Kind = 5

var memoryKind = Descriptor{
	Kind: KindMemory, Name: "memory", Component: "DC0020", Share: Shares{Linux: 16, Windows: 4},
	Details: []DetailType{typeOf[Memory](), typeOf[Call](), typeOf[Pointed]()},
}

// KindModuleLoad is a library or kernel module that was loaded.
const KindModuleLoad Kind = 7

var moduleLoadKind = Descriptor{
	Kind: KindModuleLoad, Name: "module_load", Component: "DC0016", Share: Shares{Linux: 5, Windows: 9},
	Details: []DetailType{typeOf[ModuleLoad]()},
}

// Memory is the detail of KindMemory and of writes into another process's memory.
type Memory struct {
	Address, Size uint64
	Region        string // what lies there: "[vdso]", "[stack]", "[heap]", a file, "anonymous"; "" if unknown
}

func (*Memory) number() uint8 { return 2 }

func (d *Memory) code(c *wire.Coder) {
	c.Uint(&d.Address)
	c.Uint(&d.Size)
	c.Text(&d.Region)
}

// ModuleLoad is the detail of KindModuleLoad; the module is the event's path.
type ModuleLoad struct {
	OriginalFileName, Company, Product, Description string
	Hashes, Signature, SignatureStatus              string
	Signed, SignedKnown                             bool
	Driver                                          bool // loaded into the kernel
}

func (*ModuleLoad) number() uint8 { return 12 }

func (d *ModuleLoad) code(c *wire.Coder) {
	c.Text(&d.OriginalFileName)
	c.Text(&d.Company)
	c.Text(&d.Product)
	c.Text(&d.Description)
	c.Text(&d.Hashes)
	c.Text(&d.Signature)
	c.Text(&d.SignatureStatus)
	c.Flag(&d.Signed)
	c.Flag(&d.SignedKnown)
	c.Flag(&d.Driver)
}

func (d *ModuleLoad) size() int { return 128 + len(d.Hashes) }
