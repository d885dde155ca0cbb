package inject

// systemLimits: one variable holds at most 32,767 characters, the block as a
// whole has no limit of its own (CreateProcess, SetEnvironmentVariable).
func systemLimits() argLimits {
	return argLimits{one: 32767, total: 1 << 30}
}
