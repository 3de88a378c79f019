#!/bin/sh
# Every promise of every estimator, at full size: five minutes on two cores.  SPDX-License-Identifier: GPL-3.0-or-later
set -u
"${VENTURI:?the program}" validate
