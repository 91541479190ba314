package meaning

// What the external tests look at.
var (
	Provider      = provider
	DirectorySAM  = directorySAM
	OperationsOf  = rpcInterfaces
	RegistryData  = registryData
	HoldsCode     = holdsCode
	StampUTC      = stampUTC
	WaitingBlocks = func(m *Mapper) int { return len(m.blocks.waiting) }
)

// The limits and forms that they need.
const (
	MaxWaiting = maxWaiting
	NoGUID     = noGUID
)
