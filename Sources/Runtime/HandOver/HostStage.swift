/// Whether a host answers.
enum HostStage: UInt8 {
    case running
    /// Questions are *could not decide*, and it may run again.
    case handingOver
    case stopping
}
