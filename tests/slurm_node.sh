# A Slurm of one node for a test: its own munge, slurmctld and slurmd, on this machine's loopback only, everything in
# one folder; nothing under /etc is read or written.  To be sourced, with $slurm_folder set to a folder that is there.
#
#   slurm_start     0: the node is idle, SLURM_CONF is exported; 77 with a reason on stdout: it cannot run here
#   slurm_stop      ends what slurm_start started, and only that (by pid file); for the caller's trap
#
# Debian's packages: munge slurmctld slurmd slurm-client.  SPDX-License-Identifier: GPL-3.0-or-later

slurm_running() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2> /dev/null; }

# Without cgroups and without a database, so that it runs in a container as well.  config_overrides: the node has as
# many CPUs as are written here, whatever the machine has.
slurm_configure() { # PORT CPUS
	cat > "$slurm_folder/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$slurm_node(127.0.0.1)
SlurmctldPort=$1
SlurmdPort=$(($1 + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$slurm_folder/munge/socket
CredType=cred/munge
StateSaveLocation=$slurm_folder/state
SlurmdSpoolDir=$slurm_folder/spool
SlurmctldPidFile=$slurm_folder/slurmctld.pid
SlurmdPidFile=$slurm_folder/slurmd.pid
SlurmctldLogFile=$slurm_folder/slurmctld.log
SlurmdLogFile=$slurm_folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MinJobAge=3600
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=500
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0,sched_min_interval=0
PriorityType=priority/basic
MpiDefault=none
ReturnToService=2
KillWait=10
SlurmdParameters=config_overrides
NodeName=$slurm_node NodeAddr=127.0.0.1 CPUs=$2 RealMemory=16000 State=UNKNOWN
PartitionName=main Nodes=$slurm_node Default=YES MaxTime=INFINITE State=UP
CONF
}

slurm_start() {
	for slurm_program in munged slurmctld slurmd sbatch scontrol; do
		command -v $slurm_program > /dev/null || {
			echo "skipped: $slurm_program is not installed (./quickstart deps slurm)"
			return 77
		}
	done
	[ "$(id -u)" = 0 ] || { echo 'skipped: slurmd wants to be root'; return 77; }
	slurm_node=$(uname -n | cut -d . -f 1)
	mkdir -p "$slurm_folder/munge" "$slurm_folder/state" "$slurm_folder/spool"
	chmod 755 "$slurm_folder" "$slurm_folder/munge"
	(umask 077 && head -c 1024 /dev/urandom > "$slurm_folder/munge/key")
	slurm_configure $((20000 + 2 * ($$ % 10000))) 4
	SLURM_CONF=$slurm_folder/slurm.conf
	export SLURM_CONF
	munged --force --socket="$slurm_folder/munge/socket" --key-file="$slurm_folder/munge/key" \
		--pid-file="$slurm_folder/munge/pid" --log-file="$slurm_folder/munge/log" --seed-file="$slurm_folder/munge/seed" \
		> "$slurm_folder/start.log" 2>&1 || { echo "skipped: munged does not start: $(tail -n 1 "$slurm_folder/start.log")"; return 77; }
	slurmctld -c >> "$slurm_folder/start.log" 2>&1 ||
		{ echo "skipped: slurmctld does not start: $(tail -n 1 "$slurm_folder/start.log")"; return 77; }
	slurmd -N "$slurm_node" >> "$slurm_folder/start.log" 2>&1 ||
		{ echo "skipped: slurmd does not start: $(tail -n 1 "$slurm_folder/start.log")"; return 77; }
	for slurm_poll in $(seq 1 120); do
		[ "$(sinfo -h -o %T 2> /dev/null)" != idle ] || return 0
		sleep 0.25
	done
	echo "skipped: the node does not become idle: $(sinfo -h -o '%T %E' 2>&1 | tail -n 1)"
	return 77
}

slurm_stop() {
	slurm_running "$slurm_folder/slurmctld.pid" && scancel --quiet --state=PENDING --user=root > /dev/null 2>&1
	slurm_running "$slurm_folder/slurmctld.pid" && scancel --quiet --user=root > /dev/null 2>&1
	for slurm_file in slurmd.pid slurmctld.pid munge/pid; do
		slurm_running "$slurm_folder/$slurm_file" || continue
		slurm_pid=$(cat "$slurm_folder/$slurm_file")
		kill "$slurm_pid" 2> /dev/null
		for slurm_poll in $(seq 1 40); do
			kill -0 "$slurm_pid" 2> /dev/null || break
			sleep 0.25
		done
		kill -0 "$slurm_pid" 2> /dev/null && kill -9 "$slurm_pid"
	done
	return 0
}
