package mask

import "os"

// pending need not know: nothing stops a program here.
func pending(*os.File) bool { return false }
