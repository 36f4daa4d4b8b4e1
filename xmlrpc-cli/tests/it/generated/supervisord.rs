// The methods of the XML-RPC server at http+unix://%2Frun%2Fsupervisor.sock/RPC2, by `xmlrpc generate`.
//
//     let server = SupervisordClient::new(xmlrpc_client::ServerProxy::new("http://…")?);
//
// `Variadic` stands for any number of parameters, where the server does not say which it takes.

use xmlrpc_client::{Struct, Value};

/// The methods of the server.
#[xmlrpc_client::rpc(client)]
pub trait Supervisord {
    /// Update the config for a running process from config file.
    ///
    /// @param string name name of process group to add
    /// @return boolean result true if successful
    #[method(name = "supervisor.addProcessGroup")]
    fn supervisor_add_process_group(&self, arg1: &str) -> bool;

    /// Clear all process log files
    ///
    /// @return array result An array of process status info structs
    #[method(name = "supervisor.clearAllProcessLogs")]
    fn supervisor_clear_all_process_logs(&self) -> Vec<Value>;

    /// Clear the main log.
    ///
    /// @return boolean result always returns True unless error
    #[method(name = "supervisor.clearLog")]
    fn supervisor_clear_log(&self) -> bool;

    /// Clear the stdout and stderr logs for the named process and
    /// reopen them.
    ///
    /// @param string name The name of the process (or 'group:name')
    /// @return boolean result Always True unless error
    #[method(name = "supervisor.clearProcessLog")]
    fn supervisor_clear_process_log(&self, arg1: &str) -> bool;

    /// Clear the stdout and stderr logs for the named process and
    /// reopen them.
    ///
    /// @param string name The name of the process (or 'group:name')
    /// @return boolean result Always True unless error
    #[method(name = "supervisor.clearProcessLogs")]
    fn supervisor_clear_process_logs(&self, arg1: &str) -> bool;

    /// Return the version of the RPC API used by supervisord
    ///
    /// @return string version id
    #[method(name = "supervisor.getAPIVersion")]
    fn supervisor_get_api_version(&self) -> String;

    /// Get info about all available process configurations. Each struct
    /// represents a single process (i.e. groups get flattened).
    ///
    /// @return array result An array of process config info structs
    #[method(name = "supervisor.getAllConfigInfo")]
    fn supervisor_get_all_config_info(&self) -> Vec<Value>;

    /// Get info about all processes
    ///
    /// @return array result An array of process status results
    #[method(name = "supervisor.getAllProcessInfo")]
    fn supervisor_get_all_process_info(&self) -> Vec<Value>;

    /// Return identifying string of supervisord
    ///
    /// @return string identifier identifying string
    #[method(name = "supervisor.getIdentification")]
    fn supervisor_get_identification(&self) -> String;

    /// Return the PID of supervisord
    ///
    /// @return int PID
    #[method(name = "supervisor.getPID")]
    fn supervisor_get_pid(&self) -> i32;

    /// Get info about a process named name
    ///
    /// @param string name The name of the process (or 'group:name')
    /// @return struct result A structure containing data about the process
    #[method(name = "supervisor.getProcessInfo")]
    fn supervisor_get_process_info(&self, arg1: &str) -> Struct;

    /// Return current state of supervisord as a struct
    ///
    /// @return struct A struct with keys int statecode, string statename
    #[method(name = "supervisor.getState")]
    fn supervisor_get_state(&self) -> Struct;

    /// Return the version of the supervisor package in use by supervisord
    ///
    /// @return string version id
    #[method(name = "supervisor.getSupervisorVersion")]
    fn supervisor_get_supervisor_version(&self) -> String;

    /// Return the version of the RPC API used by supervisord
    ///
    /// @return string version id
    #[method(name = "supervisor.getVersion")]
    fn supervisor_get_version(&self) -> String;

    /// Read length bytes from the main log starting at offset
    ///
    /// @param int offset offset to start reading from.
    /// @param int length number of bytes to read from the log.
    /// @return string result Bytes of log
    #[method(name = "supervisor.readLog")]
    fn supervisor_read_log(&self, arg1: i32, arg2: i32) -> String;

    /// Read length bytes from the main log starting at offset
    ///
    /// @param int offset offset to start reading from.
    /// @param int length number of bytes to read from the log.
    /// @return string result Bytes of log
    #[method(name = "supervisor.readMainLog")]
    fn supervisor_read_main_log(&self, arg1: i32, arg2: i32) -> String;

    /// Read length bytes from name's stdout log starting at offset
    ///
    /// @param string name the name of the process (or 'group:name')
    /// @param int offset offset to start reading from.
    /// @param int length number of bytes to read from the log.
    /// @return string result Bytes of log
    #[method(name = "supervisor.readProcessLog")]
    fn supervisor_read_process_log(&self, arg1: &str, arg2: i32, arg3: i32) -> String;

    /// Read length bytes from name's stderr log starting at offset
    ///
    /// @param string name the name of the process (or 'group:name')
    /// @param int offset offset to start reading from.
    /// @param int length number of bytes to read from the log.
    /// @return string result Bytes of log
    #[method(name = "supervisor.readProcessStderrLog")]
    fn supervisor_read_process_stderr_log(&self, arg1: &str, arg2: i32, arg3: i32) -> String;

    /// Read length bytes from name's stdout log starting at offset
    ///
    /// @param string name the name of the process (or 'group:name')
    /// @param int offset offset to start reading from.
    /// @param int length number of bytes to read from the log.
    /// @return string result Bytes of log
    #[method(name = "supervisor.readProcessStdoutLog")]
    fn supervisor_read_process_stdout_log(&self, arg1: &str, arg2: i32, arg3: i32) -> String;

    /// Reload the configuration.
    ///
    /// The result contains three arrays containing names of process
    /// groups:
    ///
    /// \* \`added\` gives the process groups that have been added
    /// \* \`changed\` gives the process groups whose contents have
    /// changed
    /// \* \`removed\` gives the process groups that are no longer
    /// in the configuration
    ///
    /// @return array result \[\[added, changed, removed\]\]
    #[method(name = "supervisor.reloadConfig")]
    fn supervisor_reload_config(&self) -> Vec<Value>;

    /// Remove a stopped process from the active configuration.
    ///
    /// @param string name name of process group to remove
    /// @return boolean result Indicates whether the removal was successful
    #[method(name = "supervisor.removeProcessGroup")]
    fn supervisor_remove_process_group(&self, arg1: &str) -> bool;

    /// Restart the supervisor process
    ///
    /// @return boolean result always return True unless error
    #[method(name = "supervisor.restart")]
    fn supervisor_restart(&self) -> bool;

    /// Send a string of chars to the stdin of the process name.
    /// If non-7-bit data is sent (unicode), it is encoded to utf-8
    /// before being sent to the process' stdin. If chars is not a
    /// string or is not unicode, raise INCORRECT_PARAMETERS. If the
    /// process is not running, raise NOT_RUNNING. If the process'
    /// stdin cannot accept input (e.g. it was closed by the child
    /// process), raise NO_FILE.
    ///
    /// @param string name The process name to send to (or 'group:name')
    /// @param string chars The character data to send to the process
    /// @return boolean result Always return True unless error
    #[method(name = "supervisor.sendProcessStdin")]
    fn supervisor_send_process_stdin(&self, arg1: &str, arg2: &str) -> bool;

    /// Send an event that will be received by event listener
    /// subprocesses subscribing to the RemoteCommunicationEvent.
    ///
    /// @param string type String for the "type" key in the event header
    /// @param string data Data for the event body
    /// @return boolean Always return True unless error
    #[method(name = "supervisor.sendRemoteCommEvent")]
    fn supervisor_send_remote_comm_event(&self, arg1: &str, arg2: &str) -> bool;

    /// Shut down the supervisor process
    ///
    /// @return boolean result always returns True unless error
    #[method(name = "supervisor.shutdown")]
    fn supervisor_shutdown(&self) -> bool;

    /// Send a signal to all processes in the process list
    ///
    /// @param string signal Signal to send, as name ('HUP') or number ('1')
    /// @return array An array of process status info structs
    #[method(name = "supervisor.signalAllProcesses")]
    fn supervisor_signal_all_processes(&self, arg1: &str) -> Vec<Value>;

    /// Send an arbitrary UNIX signal to the process named by name
    ///
    /// @param string name Name of the process to signal (or 'group:name')
    /// @param string signal Signal to send, as name ('HUP') or number ('1')
    /// @return boolean
    #[method(name = "supervisor.signalProcess")]
    fn supervisor_signal_process(&self, arg1: &str, arg2: &str) -> bool;

    /// Send a signal to all processes in the group named 'name'
    ///
    /// @param string name The group name
    /// @param string signal Signal to send, as name ('HUP') or number ('1')
    /// @return array
    #[method(name = "supervisor.signalProcessGroup")]
    fn supervisor_signal_process_group(&self, arg1: &str, arg2: &str) -> Vec<Value>;

    /// Start all processes listed in the configuration file
    ///
    /// @param boolean wait Wait for each process to be fully started
    /// @return array result An array of process status info structs
    #[method(name = "supervisor.startAllProcesses")]
    fn supervisor_start_all_processes(&self, arg1: bool) -> Vec<Value>;

    /// Start a process
    ///
    /// @param string name Process name (or \`\`group:name\`\`, or \`\`group:\*\`\`)
    /// @param boolean wait Wait for process to be fully started
    /// @return boolean result Always true unless error
    #[method(name = "supervisor.startProcess")]
    fn supervisor_start_process(&self, arg1: &str, arg2: bool) -> bool;

    /// Start all processes in the group named 'name'
    ///
    /// @param string name The group name
    /// @param boolean wait Wait for each process to be fully started
    /// @return array result An array of process status info structs
    #[method(name = "supervisor.startProcessGroup")]
    fn supervisor_start_process_group(&self, arg1: &str, arg2: bool) -> Vec<Value>;

    /// Stop all processes in the process list
    ///
    /// @param boolean wait Wait for each process to be fully stopped
    /// @return array result An array of process status info structs
    #[method(name = "supervisor.stopAllProcesses")]
    fn supervisor_stop_all_processes(&self, arg1: bool) -> Vec<Value>;

    /// Stop a process named by name
    ///
    /// @param string name The name of the process to stop (or 'group:name')
    /// @param boolean wait Wait for the process to be fully stopped
    /// @return boolean result Always return True unless error
    #[method(name = "supervisor.stopProcess")]
    fn supervisor_stop_process(&self, arg1: &str, arg2: bool) -> bool;

    /// Stop all processes in the process group named 'name'
    ///
    /// @param string name The group name
    /// @param boolean wait Wait for each process to be fully stopped
    /// @return array result An array of process status info structs
    #[method(name = "supervisor.stopProcessGroup")]
    fn supervisor_stop_process_group(&self, arg1: &str, arg2: bool) -> Vec<Value>;

    /// Provides a more efficient way to tail the (stdout) log than
    /// readProcessStdoutLog(). Use readProcessStdoutLog() to read
    /// chunks and tailProcessStdoutLog() to tail.
    ///
    /// Requests (length) bytes from the (name)'s log, starting at
    /// (offset). If the total log size is greater than (offset +
    /// length), the overflow flag is set and the (offset) is
    /// automatically increased to position the buffer at the end of
    /// the log. If less than (length) bytes are available, the
    /// maximum number of available bytes will be returned. (offset)
    /// returned is always the last offset in the log +1.
    ///
    /// @param string name the name of the process (or 'group:name')
    /// @param int offset offset to start reading from
    /// @param int length maximum number of bytes to return
    /// @return array result \[string bytes, int offset, bool overflow\]
    #[method(name = "supervisor.tailProcessLog")]
    fn supervisor_tail_process_log(&self, arg1: &str, arg2: i32, arg3: i32) -> Vec<Value>;

    /// Provides a more efficient way to tail the (stderr) log than
    /// readProcessStderrLog(). Use readProcessStderrLog() to read
    /// chunks and tailProcessStderrLog() to tail.
    ///
    /// Requests (length) bytes from the (name)'s log, starting at
    /// (offset). If the total log size is greater than (offset +
    /// length), the overflow flag is set and the (offset) is
    /// automatically increased to position the buffer at the end of
    /// the log. If less than (length) bytes are available, the
    /// maximum number of available bytes will be returned. (offset)
    /// returned is always the last offset in the log +1.
    ///
    /// @param string name the name of the process (or 'group:name')
    /// @param int offset offset to start reading from
    /// @param int length maximum number of bytes to return
    /// @return array result \[string bytes, int offset, bool overflow\]
    #[method(name = "supervisor.tailProcessStderrLog")]
    fn supervisor_tail_process_stderr_log(&self, arg1: &str, arg2: i32, arg3: i32) -> Vec<Value>;

    /// Provides a more efficient way to tail the (stdout) log than
    /// readProcessStdoutLog(). Use readProcessStdoutLog() to read
    /// chunks and tailProcessStdoutLog() to tail.
    ///
    /// Requests (length) bytes from the (name)'s log, starting at
    /// (offset). If the total log size is greater than (offset +
    /// length), the overflow flag is set and the (offset) is
    /// automatically increased to position the buffer at the end of
    /// the log. If less than (length) bytes are available, the
    /// maximum number of available bytes will be returned. (offset)
    /// returned is always the last offset in the log +1.
    ///
    /// @param string name the name of the process (or 'group:name')
    /// @param int offset offset to start reading from
    /// @param int length maximum number of bytes to return
    /// @return array result \[string bytes, int offset, bool overflow\]
    #[method(name = "supervisor.tailProcessStdoutLog")]
    fn supervisor_tail_process_stdout_log(&self, arg1: &str, arg2: i32, arg3: i32) -> Vec<Value>;

    /// Return an array listing the available method names
    ///
    /// @return array result An array of method names available (strings).
    #[method(name = "system.listMethods")]
    fn system_list_methods(&self) -> Vec<Value>;

    /// Return a string showing the method's documentation
    ///
    /// @param string name The name of the method.
    /// @return string result The documentation for the method name.
    #[method(name = "system.methodHelp")]
    fn system_method_help(&self, arg1: &str) -> String;

    /// Return an array describing the method signature in the
    /// form \[rtype, ptype, ptype...\] where rtype is the return data type
    /// of the method, and ptypes are the parameter data types that the
    /// method accepts in method argument order.
    ///
    /// @param string name The name of the method.
    /// @return array result The result.
    #[method(name = "system.methodSignature")]
    fn system_method_signature(&self, arg1: &str) -> Vec<Value>;

    /// Process an array of calls, and return an array of
    /// results. Calls should be structs of the form {'methodName':
    /// string, 'params': array}. Each result will either be a
    /// single-item array containing the result value, or a struct of
    /// the form {'faultCode': int, 'faultString': string}. This is
    /// useful when you need to make lots of small calls without lots
    /// of round trips.
    ///
    /// @param array calls An array of call requests
    /// @return array result An array of results
    #[method(name = "system.multicall")]
    fn system_multicall(&self, arg1: &[Value]) -> Vec<Value>;
}
