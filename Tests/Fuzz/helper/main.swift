import Fuzzing
import HelperReader

fuzz { data, size in
    helper_read(data, size)
    return 0
}
