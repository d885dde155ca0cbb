package main

import "os"

// writePrivate writes the file; who may read it is for the folder to say.
func writePrivate(name string, data []byte) error { return os.WriteFile(name, data, 0o600) }
