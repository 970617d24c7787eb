"""Properties of RAPID Pro power banks."""

from typing import Final

from .. import tables

PROPERTIES: Final = tables(
    """
UsbRealDisplayInfo
  1 usbPow float
  2 usbVol float
  3 usbAmp float
PogopinAccessInfo
  1 accessDevType uint
  2 accessState uint
DoNotDisturbMode
  1 isEnable uint
  2 type uint
  3 timeTable uint
  4 isActive uint
CampingLampMode
  1 modeIndex uint
  2 enable uint
  3 lightBrightness uint
  4 colorTemperature uint
CampingLampModeList
  1 campingLampMode CampingLampMode[]
CampingLampModeSelect
  1 lampState uint
  2 modeIndexSelect uint
Properties
  228 childLockSwitch uint
  287 cmsBattFullCap uint
  289 cmsBattRemainCap uint
  770 screenClockDisplayIndex uint
  822 screenSaverSwitchEnable uint
  823 screenSaverDisplayTimes uint
  824 screenSaverDisplayIndex bytes
  825 screenClockSwitchEnable uint
  826 screenClockDisplayTimes uint
  827 screenClockDisplayFormat uint
  828 screenFollowGravitySwitch uint
  829 screenThemeDisplayIndex bytes
  830 ledSwitchEnable uint
  831 ledIdleStateColor uint
  832 ledChargeStateColor uint
  833 ledDischargeStateColor uint
  834 ledLowBatteryStateColor uint
  835 lowPowerAlarmSwitch uint
  836 typec1PortEnable uint
  837 typec2PortEnable uint
  838 typec3PortEnable uint
  839 typec4PortEnable uint
  840 usb1PortEnable uint
  841 pogopinPortEnable uint
  842 portPowerDistributeMode uint
  843 typec3MaxAllowPow float
  844 typec4MaxAllowPow float
  845 pogopinMaxAllowPow float
  846 typec2MaxAllowPow float
  847 typec1MaxAllowPow float
  848 batteryMaintainModel uint
  849 chargeOptCtrlEnable uint
  850 chargeOptState uint
  852 usbTypec1DisplayInfo UsbRealDisplayInfo
  853 usbTypec3DisplayInfo UsbRealDisplayInfo
  854 usbTypec4DisplayInfo UsbRealDisplayInfo
  855 usbTypea1DisplayInfo UsbRealDisplayInfo
  856 usbTypec2DisplayInfo UsbRealDisplayInfo
  857 pogopin1DisplayInfo UsbRealDisplayInfo
  858 pogopin1AccessInfo PogopinAccessInfo
  1249 tempSmartCtrlEnable uint
  1250 lowPowerDsgCtrlEnable uint
  1251 cmsBattCycleNum uint
  1252 batteryMaintainCycleNum uint
  1254 usbTypea2DisplayInfo UsbRealDisplayInfo
  1258 doNotDisturbModeSetting DoNotDisturbMode
  1259 screenClockDisplayTimesCharging uint
  1262 screenPicPreview uint
  1263 screenSourceFileRecvSta uint
  1267 campingLampModeList CampingLampModeList
  1268 devChargingNumber uint
  1269 devActiveTime uint
  1270 devActivePowerConsumption float
  1273 dc12vOutOpen uint
  1274 cmsEnergyOutSum uint
  1275 cmsEnergyInSum uint
  1276 lastUsedTime uint
  1277 campingLampWatt float
  1286 dc12vDelayClose uint
  1287 lampDelayClose uint
  1288 campingLampModeSelect CampingLampModeSelect
  1290 campingLampDelayCloseRemainTime uint
  1291 dc12vDelayCloseRemainTime uint
  1452 dc12vInoutType uint
  1459 lastBmsChgUnixTime uint
  1471 colorRgb uint
  1473 targetThemeType uint
  1474 autoSwitchTheme uint
  1475 ledBeltColorFollowRealAppearanceSwitch uint
  1616 lastStopChargeSoc uint
  1640 screenSourceRecvProgress float
  1645 pdFirmVerDisplay uint
  1653 screenLightOffStartTime uint
  1654 screenLightOffEndTime uint
  1655 screenKeepLightOnTime uint
  1656 screenKeepLightOffTime uint
  1672 lowBatteryTipEventTimestamp uint
"""
)["Properties"]
