import Fuzzing
import LibAuthHostReader

fuzz { data, size in
    libauthhost_read(data, size)
    return 0
}
